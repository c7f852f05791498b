package aiomas

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Pending is a call under way, started by [Proxy.Go] or [Channel.Go]. It takes the
// place of the future that Python's Channel.send returns, and is safe for
// concurrent use.
//
// The call is over when its reply has come, when it was given up, or when the
// connection has ended. It is given up, with interceptors or without, when the
// context of Go ends, [Limits].CallTimeout after Go if that context has no
// deadline, when the context of a Wait ends, or by Cancel; that also holds if
// nobody waits. A call that was given up may still be handled by the peer; its
// late reply is dropped.
type Pending struct {
	ch  *Channel
	ctx context.Context // of Go
	x   exchange

	mu     sync.Mutex
	call   *call         // to conclude; nil: it is, or there is none
	over   bool          // Done is closed, or would be
	ended  bool          // err is set; of a call without a call
	done   chan struct{} // nil until somebody waits
	stop   func()        // ends what watches ctx; nil: nothing does
	decode sync.Once
	err    error
}

// start sends the request.
func (p *Pending) start() {
	ctx, cancel := p.ch.limited(p.ctx)
	p.ctx = ctx
	cl, err := p.ch.start(ctx, &p.x, p)
	if err != nil {
		if cancel != nil {
			cancel()
		}
		p.fail(err)
		return
	}
	p.mu.Lock()
	p.call = cl
	p.mu.Unlock()
	if ctx.Done() == nil || cl.watch != nil {
		return
	}
	p.stopWith(cancel, context.AfterFunc(ctx, p.expired))
}

// intercept makes the call within the interceptors.
func (p *Pending) intercept(list []CallInterceptor, call Outgoing, f func(context.Context) error) {
	ctx, cancel := p.ch.limited(p.ctx)
	p.ctx = ctx
	p.run(cancel, func(ctx context.Context) error { return intercepted(ctx, list, call, f) })
}

// run makes the call in a goroutine of its own, which ends with it: f is on the
// stack until the reply has come. cancel is that of p.ctx; nil: it has none.
func (p *Pending) run(cancel context.CancelFunc, f func(context.Context) error) {
	ctx := p.ctx
	if cancel == nil {
		ctx, cancel = context.WithCancel(ctx)
		p.ctx = ctx
	}
	p.stopWith(cancel, context.AfterFunc(ctx, p.expired))
	go func() {
		returned := false
		defer func() {
			if !returned { // Wait must not wait for ever
				p.end(&PanicError{Value: recover(), Stack: debug.Stack()})
			}
		}()
		err := f(ctx)
		returned = true
		p.end(err)
	}()
}

// fail ends a call that did not leave; nobody has p yet.
func (p *Pending) fail(err error) {
	p.err = err
	if !p.isOver() { // it may be, by the end of the connection
		p.arrived()
	}
}

// stopWith sets what is called when the call is over; cancel may be nil.
func (p *Pending) stopWith(cancel context.CancelFunc, unwatch func() bool) {
	stop := func() {
		unwatch() // first: it is not given up by cancel
		if cancel != nil {
			cancel()
		}
	}
	p.mu.Lock()
	over := p.over
	p.stop = stop
	p.mu.Unlock()
	if over {
		stop()
	}
}

// Done is closed when the call is over: Wait then returns at once.
func (p *Pending) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = make(chan struct{})
		if p.over {
			close(p.done)
		}
	}
	return p.done
}

// Wait waits until the call is over, and decodes the reply into the result that
// was given to Go. When ctx ends first, the call is given up. Its errors are those
// of [Proxy.Call]. Further calls of Wait return the same.
func (p *Pending) Wait(ctx context.Context) error {
	if !p.isOver() {
		select {
		case <-p.Done():
		case <-ctx.Done():
			p.giveUp(contextError(ctx, p.x.name()))
			<-p.Done() // at once
		}
	}
	p.decode.Do(p.conclude)
	return p.err
}

// Cancel gives the call up, unless it is over: Wait then returns an error that
// matches [context.Canceled].
func (p *Pending) Cancel() {
	p.giveUp(fmt.Errorf("aiomas: %s: %w", p.x.name(), context.Canceled))
}

func (p *Pending) expired() { p.giveUp(contextError(p.ctx, p.x.name())) }

func (p *Pending) isOver() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// conclude decodes the reply, if there is one, into the caller's variable.
func (p *Pending) conclude() {
	p.mu.Lock()
	cl := p.call
	p.call = nil
	p.mu.Unlock()
	if cl == nil {
		return
	}
	p.err = p.ch.conclude(cl, &p.x)
	if p.err == errGivenUp { //nolint:errorlint // no chain: set by the watch
		p.err = contextError(p.ctx, p.x.name())
	}
}

// giveUp ends the call with err, unless it is over.
func (p *Pending) giveUp(err error) {
	p.mu.Lock()
	if cl := p.call; cl != nil {
		mine := p.ch.forget(cl) // under p.mu: once concluded, cl may be another's
		p.mu.Unlock()
		if mine {
			cl.err = err
			cl.finish()
		}
		return
	}
	p.mu.Unlock()
	p.end(err)
}

// end ends a call that has no call of the channel, unless it has ended.
func (p *Pending) end(err error) {
	p.mu.Lock()
	if p.over || p.ended {
		p.mu.Unlock()
		return
	}
	p.ended, p.err = true, err
	p.mu.Unlock()
	if p.x.lent != nil {
		p.x.lent.end()
	}
	p.arrived()
}

// arrived says that the call is over.
func (p *Pending) arrived() {
	p.mu.Lock()
	p.over = true
	if p.done != nil {
		close(p.done)
	}
	stop := p.stop
	p.mu.Unlock()
	if stop != nil {
		stop()
	}
}
