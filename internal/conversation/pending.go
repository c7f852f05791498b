package conversation

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Pending is a call in progress that may have no waiting goroutine. It is safe for concurrent
// use.
//
// The call ends when its reply arrives, when it is given up, or when the connection ends. It is
// given up when its context ends, after the call timeout if the context has no deadline, when
// the context of a Wait ends, or by Cancel.
type Pending struct {
	Exchange // the request, and the target of its reply

	conn *Conn
	ctx  context.Context // of the call

	mu     sync.Mutex
	call   *call         // to conclude; nil if concluded or not started
	over   bool          // Done is closed, or would be
	ended  bool          // err is set, for a Pending without a call
	done   chan struct{} // nil until needed
	turns  []waiter      // left by waiting goroutines
	stop   func()        // stops watching ctx; nil: ctx is not watched
	decode sync.Once
	err    error
}

// Start sends the request of p.Exchange over c.
func (p *Pending) Start(ctx context.Context, c *Conn) {
	ctx, cancel := c.Limited(ctx)
	p.conn, p.ctx = c, ctx
	cl, err := c.start(ctx, &p.Exchange, p)
	if err != nil {
		if cancel != nil {
			cancel()
		}
		p.Fail(err)
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

// Run calls f, which makes the call, in a goroutine of its own. The call ends when f returns, or
// earlier when it is given up, so f must access the arguments and result only through
// p.Exchange.Lent. c may be nil: then there is no call timeout. panicked makes the error for a
// panic of f.
func (p *Pending) Run(ctx context.Context, c *Conn, panicked func(v any, stack []byte) error, f func(context.Context) error) {
	var cancel context.CancelFunc
	if c != nil {
		ctx, cancel = c.Limited(ctx)
	}
	if cancel == nil {
		ctx, cancel = context.WithCancel(ctx)
	}
	p.ctx = ctx
	p.stopWith(cancel, context.AfterFunc(ctx, p.expired))
	ctx = turn.Without(ctx) // it belongs to the caller, who continues
	go func() {
		returned := false
		defer func() {
			if !returned { // otherwise Wait would never return
				p.end(panicked(recover(), debug.Stack()))
			}
		}()
		err := f(ctx)
		returned = true
		p.end(err)
	}()
}

// Fail ends a call that was not sent; p has not been passed to the user yet.
func (p *Pending) Fail(err error) {
	p.err = err
	if !p.isOver() { // it may have ended with the connection
		p.arrived()
	}
}

// stopWith sets the function that is called at the end of the call; cancel may be nil.
func (p *Pending) stopWith(cancel context.CancelFunc, unwatch func() bool) {
	stop := func() {
		unwatch() // first: cancel must not give the call up
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

// Done returns a channel that is closed when the call has ended: Wait then does not block.
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

// Wait waits for the end of the call, and decodes the reply. If ctx ends first, the call is
// given up. Further calls of Wait return the same error.
func (p *Pending) Wait(ctx context.Context) error {
	if t := turn.FromContext(ctx); t != nil {
		p.waitTurn(ctx, t)
	} else if !p.isOver() {
		if c := p.conn; c != nil && c.inlining.busy.Load() {
			c.readOn() // this may be the handler that the reader goroutine runs
		}
		select {
		case <-p.Done():
		case <-ctx.Done():
			p.giveUp(ctxerr.New(ctx, p.name()))
			<-p.Done() // does not block
		}
	}
	p.decode.Do(p.conclude)
	return p.err
}

// waiter is a goroutine in Wait that has left its turn.
type waiter struct {
	turn *turn.Turn
	wake chan struct{}
}

// waitTurn waits for the end of the call. It leaves the turn of the caller, and the end of the
// call resumes it. If the call has already ended, it keeps the turn.
func (p *Pending) waitTurn(ctx context.Context, t *turn.Turn) {
	w := waiter{t, make(chan struct{}, 1)}
	p.mu.Lock()
	if p.over {
		p.mu.Unlock()
		return
	}
	t.Leave()
	p.turns = append(p.turns, w)
	p.mu.Unlock()
	select {
	case <-w.wake:
	case <-ctx.Done():
		p.giveUp(ctxerr.New(ctx, p.name()))
		<-w.wake
	}
}

// Cancel gives the call up if it has not ended: Wait then returns an error that matches
// [context.Canceled].
func (p *Pending) Cancel() {
	p.giveUp(fmt.Errorf("aiomas: %s: %w", p.name(), context.Canceled))
}

func (p *Pending) expired() { p.giveUp(ctxerr.New(p.ctx, p.name())) }

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
	p.err = p.conn.conclude(cl, &p.Exchange)
	if p.err == errGivenUp { //nolint:errorlint // never wrapped
		p.err = ctxerr.New(p.ctx, p.name())
	}
}

// giveUp ends the call with err, if it has not ended.
func (p *Pending) giveUp(err error) {
	p.mu.Lock()
	if cl := p.call; cl != nil {
		mine := p.conn.forget(cl, true) // under p.mu: after conclude, cl may belong to another Pending
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

// end ends a Pending without a call, if it has not ended.
func (p *Pending) end(err error) {
	p.mu.Lock()
	if p.over || p.ended {
		p.mu.Unlock()
		return
	}
	p.ended, p.err = true, err
	p.mu.Unlock()
	if p.Lent != nil {
		p.Lent.End()
	}
	p.arrived()
}

// arrived records the end of the call, and wakes those who wait for it.
func (p *Pending) arrived() {
	p.mu.Lock()
	p.over = true
	if p.done != nil {
		close(p.done)
	}
	stop, turns := p.stop, p.turns
	p.turns = nil
	p.mu.Unlock()
	for _, w := range turns {
		w.turn.Resume(w.wake)
	}
	if stop != nil {
		stop()
	}
}
