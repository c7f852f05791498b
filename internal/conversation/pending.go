package conversation

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Pending is a call under way for which nobody may be waiting. It is safe for
// concurrent use.
//
// The call is over when its reply has come, when it was given up, or when the
// connection has ended. It is given up when its context ends, after the call timeout
// if that has no deadline, when the context of a Wait ends, or by Cancel.
type Pending struct {
	Exchange // what is sent, and where the reply goes

	conn *Conn
	ctx  context.Context // of the call

	mu     sync.Mutex
	call   *call         // to conclude; nil: it is, or there is none
	over   bool          // Done is closed, or would be
	ended  bool          // err is set; of a call without a call
	done   chan struct{} // nil until somebody waits
	turns  []waiter      // those who wait have left them
	stop   func()        // ends what watches ctx; nil: nothing does
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

// Run has f make the call, in a goroutine of its own, which ends with it. The call
// is over when f has returned, or before, when it is given up: f must use what
// p.Exchange has lent only. c may be nil: then there is no call timeout. panicked
// makes the error of a panic of f.
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
	ctx = turn.Without(ctx) // the caller's, who goes on
	go func() {
		returned := false
		defer func() {
			if !returned { // Wait must not wait for ever
				p.end(panicked(recover(), debug.Stack()))
			}
		}()
		err := f(ctx)
		returned = true
		p.end(err)
	}()
}

// Fail ends a call that did not leave; nobody has p yet.
func (p *Pending) Fail(err error) {
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

// Wait waits until the call is over, and decodes the reply. When ctx ends first, the
// call is given up. Further calls of Wait return the same.
func (p *Pending) Wait(ctx context.Context) error {
	if t := turn.FromContext(ctx); t != nil {
		p.waitTurn(ctx, t)
	} else if !p.isOver() {
		select {
		case <-p.Done():
		case <-ctx.Done():
			p.giveUp(ctxerr.New(ctx, p.name()))
			<-p.Done() // at once
		}
	}
	p.decode.Do(p.conclude)
	return p.err
}

// waiter is somebody who waits, and has left a turn.
type waiter struct {
	turn *turn.Turn
	wake chan struct{}
}

// waitTurn waits until the call is over, for a caller with a turn: it leaves that,
// and the end of the call resumes it. It may go on without having left it.
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

// Cancel gives the call up, unless it is over: Wait then returns an error that
// matches [context.Canceled].
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
	if p.err == errGivenUp { //nolint:errorlint // no chain: set by the watch
		p.err = ctxerr.New(p.ctx, p.name())
	}
}

// giveUp ends the call with err, unless it is over.
func (p *Pending) giveUp(err error) {
	p.mu.Lock()
	if cl := p.call; cl != nil {
		mine := p.conn.forget(cl, true) // under p.mu: once concluded, cl may be another's
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
	if p.Lent != nil {
		p.Lent.End()
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
