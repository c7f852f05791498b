package conversation

import (
	"context"
	"errors"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// call waits for one reply. It is registered before its request is written and
// belongs to whoever takes it out of the pending calls: the reader goroutine, which
// then signals it exactly once, or the caller that gives up, who is then never
// signalled. That is why a call can be pooled with its Go channel.
//
// The pool is the config's, not the package's: a test in a bubble of
// testing/synctest must not get a Go channel from outside it, nor leave one
// behind. (One did, and a caller in a bubble waited for ever.)
type call struct {
	id    int64
	owner invariant.State // what was done with it: one of callFree to callFinished
	reg   *codec.Registry
	done  chan struct{} // one slot; not used with pend
	typ   codec.MessageType
	raw   []byte // the reply's content, in buf or mem
	buf   []byte
	mem   *frame.Memory // of a large message
	err   error         // instead of a reply

	only  bool       // there was no other when it began
	watch *watch     // ends the call with its context; nil: the caller looks after that
	pend  *Pending   // hears of the end instead of who waits at done
	turn  *turn.Turn // left by the caller, who goes on when it is resumed; nil: there is none
}

// Each step of a call is taken once, in this order, though a call need not be finished
// nor registered before it is free again.
const (
	callFree    = iota
	callPending // registered: it belongs to whoever removes it
	callRemoved
	callFinished
)

// finish says that the call is over: its reply is in it, or err says why there is
// none. Whoever took it out of the pending calls calls it, once, without a lock.
func (cl *call) finish() {
	cl.owner.Move(callRemoved, callFinished, "a call is finished once, by its owner")
	switch {
	case cl.pend != nil:
		cl.pend.arrived()
	case cl.turn != nil:
		cl.turn.Resume(cl.done)
	default:
		cl.done <- struct{}{}
	}
}

// Exchange is a request that is to be sent, and where its reply goes.
type Exchange struct {
	Content any
	Label   string // names the function for errors; empty: there is none
	Target  any    // what the reply is decoded into, a non-nil pointer; nil: it is dropped
	Lent    *Loan  // guards Content and Target; nil: they are there until the call is over
}

func (x *Exchange) name() string {
	if x.Label == "" {
		return "request"
	}
	return "call of " + x.Label
}

const (
	// Replies past this size are not kept with the pooled call.
	maxKept = 64 << 10
	// A call that was the only one is kept for the next one, without the pool.
	// With a reply past this size it is not: most connections are idle.
	maxSpare = 256
)

func (c *Conn) newCall() *call {
	if cl := c.spare.Load(); cl != nil && c.spare.CompareAndSwap(cl, nil) {
		return cl
	}
	if cl, ok := c.set.calls.Get().(*call); ok {
		return cl
	}
	return &call{done: make(chan struct{}, 1)}
}

func (c *Conn) freeCall(cl *call) {
	cl.owner.Leave(callPending, callFree, "a call is freed when it is not pending")
	if cap(cl.buf) > maxKept {
		cl.buf = nil
	}
	if cl.mem != nil {
		cl.mem.Free()
	}
	cl.raw, cl.mem, cl.err, cl.reg, cl.watch, cl.pend, cl.turn = nil, nil, nil, nil, nil, nil, nil
	if cl.only && cap(cl.buf) <= maxSpare && c.spare.CompareAndSwap(nil, cl) {
		return
	}
	c.set.calls.Put(cl)
}

// Limited returns ctx with the call timeout, if it has no deadline; else a nil
// function.
func (c *Conn) Limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.set.CallTimeout > 0 {
		if _, has := ctx.Deadline(); !has {
			return context.WithTimeout(ctx, c.set.CallTimeout)
		}
	}
	return ctx, nil
}

// Call sends the request of x, waits for the reply and decodes it.
func (c *Conn) Call(ctx context.Context, x *Exchange) error {
	ctx, cancel := c.Limited(ctx)
	if cancel != nil {
		defer cancel()
	}
	cl, err := c.start(ctx, x, nil)
	if err != nil {
		return err
	}
	return c.await(ctx, cl, x)
}

// start sends the request of x and returns its call. With pend, nobody waits for
// the reply yet, and the caller may be about to start others.
func (c *Conn) start(ctx context.Context, x *Exchange, pend *Pending) (*call, error) {
	if ctx.Err() != nil {
		return nil, ctxerr.New(ctx, x.name())
	}
	var t *turn.Turn // that the caller leaves
	if pend == nil {
		t = turn.FromContext(ctx)
	}
	if c.out.Crowded() {
		var err error
		turn.Await(ctx, func() { err = c.room(ctx, x.name()) })
		if err != nil {
			return nil, err
		}
	}
	// Registered before it is encoded, to lock once instead of three times:
	// 1.4× the calls per second at 1,000 in flight.
	cl := c.newCall()
	cl.pend = pend
	others, wanted, err := c.register(cl, ctx.Done())
	if err != nil {
		c.freeCall(cl)
		return nil, err
	}
	if wanted {
		c.watchFrom(ctx)
	}
	sent := false
	defer func() {
		if !sent { // also when an encoding method of content panics
			c.unregister(cl)
		}
	}()
	b, err := c.encode(cl, x)
	if err != nil {
		return nil, c.ofCall(x, err)
	}
	// Calls of an agent leave in the order of its turns. But nobody waits for room
	// with a turn.
	if t != nil && c.out.Crowded() {
		c.leaveTurn(cl, t)
		t = nil
	}
	if pend != nil {
		err = c.out.WriteSoon(ctx, b)
	} else {
		err = c.out.Write(ctx, b, others)
	}
	if t != nil && err == nil {
		c.leaveTurn(cl, t)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctxerr.New(ctx, x.name())
		}
		return nil, c.unsent(err)
	}
	sent = true
	return cl, nil
}

// register gives cl its id. It says whether there are other calls, and whether
// the context whose channel is done is worth a watch.
func (c *Conn) register(cl *call, done <-chan struct{}) (others, wanted bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false, false, c.unsent(c.err)
	}
	c.takeOver() // somebody must read the reply
	cl.id, cl.reg = c.nextID, c.reg.Load()
	c.nextID++
	c.count.calls++
	c.calls.add(cl)
	others = c.calls.len() > 1
	cl.only = !others
	return others, c.watches(cl, done), nil
}

// leaveTurn leaves t, the turn of the caller of cl, which the end of the call resumes:
// so it must be left before that can come. Nothing is left if it has come.
func (c *Conn) leaveTurn(cl *call, t *turn.Turn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls.get(cl.id) == cl {
		t.Leave()
		cl.turn = t
	}
}

// HasCalled tells whether there has ever been a call.
func (c *Conn) HasCalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nextID > 0
}

// unregister takes back a call that did not leave.
func (c *Conn) unregister(cl *call) {
	c.set.Counters.callsFailed.Add(1)
	mine := c.forget(cl, false)
	switch {
	case cl.pend != nil:
		if !mine {
			<-cl.pend.Done()
		}
	case cl.turn != nil:
		if mine {
			cl.finish()
		}
		<-cl.done
	case !mine:
		<-cl.done
	}
	if cl.err == errGivenUp { //nolint:errorlint // no chain: set by the watch
		c.neverLeft()
	}
	c.freeCall(cl)
}

// neverLeft says of a call that was given up that no reply will come.
func (c *Conn) neverLeft() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count.givenUp = max(c.count.givenUp-1, 0) // the connection may have ended
}

// await waits for the reply of cl, which it frees.
func (c *Conn) await(ctx context.Context, cl *call, x *Exchange) error {
	if giveUp := ctx.Done(); giveUp == nil || cl.watch != nil {
		<-cl.done
	} else {
		select {
		case <-cl.done:
		case <-giveUp:
			mine := c.forget(cl, true)
			if mine {
				cl.err = errGivenUp
			}
			if mine && cl.turn != nil {
				cl.finish()
			}
			if !mine || cl.turn != nil {
				<-cl.done // the reply is being handed over, or the turn resumed
			}
		}
	}
	err := c.conclude(cl, x)
	if err == errGivenUp { //nolint:errorlint // no chain: set by who gave up
		err = ctxerr.New(ctx, x.name())
	}
	return err
}

// conclude decodes the reply that cl has, or returns why it has none, and frees cl.
func (c *Conn) conclude(cl *call, x *Exchange) error {
	err := cl.err
	if err == nil {
		err = c.decodeReply(cl, x)
	}
	if err != nil {
		err = c.ofCall(x, err)
	}
	c.freeCall(cl)
	if err != nil {
		c.set.Counters.callsFailed.Add(1)
	}
	return err
}

func (c *Conn) decodeReply(cl *call, x *Exchange) error {
	if cl.typ == codec.Result && x.Target == nil {
		return nil
	}
	d := c.decoder(cl.raw, cl.mem, cl.reg)
	defer c.freeDecoder(d)
	if cl.typ == codec.Exception {
		return c.set.Errors.Failed(c, x.Label, d)
	}
	var err error
	if x.Lent == nil {
		err = d.Decode(x.Target)
	} else {
		err = x.Lent.Use(func() error { return d.Decode(x.Target) })
	}
	if err != nil {
		return codec.At(err, "result")
	}
	return nil
}

// forget takes cl out of the pending calls; false says that its reply or error
// is on the way. If the request has left, the reply is still to come.
func (c *Conn) forget(cl *call, left bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls.get(cl.id) != cl {
		return false
	}
	c.remove(cl)
	if left {
		c.count.givenUp++
	}
	return true
}

// unsent is err, the end of the connection, for a call that never left.
func (c *Conn) unsent(err error) error {
	return c.set.Errors.Unsent(c, err)
}

// ofCall adds the request x to an error of the codec; others name theirs already,
// or are of the connection.
func (c *Conn) ofCall(x *Exchange, err error) error {
	var enc *codec.EncodeError
	var dec *codec.DecodeError
	if errors.As(err, &enc) || errors.As(err, &dec) {
		return c.set.Errors.OfCall(c, x.name(), err)
	}
	return err
}
