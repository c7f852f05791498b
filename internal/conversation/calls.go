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

// call is a pending call. It is registered before its request is written. Whoever removes
// it from the pending calls owns it: the reader goroutine, which then signals it exactly
// once, or the caller that gives up, which is then never signalled. Therefore a call and its
// Go channel can be pooled.
//
// The pool belongs to the Settings, not to the package: a test in a testing/synctest bubble
// must not get a Go channel from outside the bubble, nor put one back. (When it did, a
// caller in a bubble waited for ever.)
type call struct {
	id    int64
	owner invariant.State // callFree to callFinished
	reg   *codec.Registry
	done  chan struct{} // buffered; unused with pend
	typ   codec.MessageType
	raw   []byte // content of the reply, in buf or mem
	buf   []byte
	mem   *frame.Memory // of a large message
	err   error         // instead of a reply

	watch *watch     // gives the call up when its context ends; nil: the caller does
	pend  *Pending   // notified of the end instead of done
	alone bool       // its caller may read; see direct
	turn  *turn.Turn // left by the caller and resumed by the end of the call; nil: none
}

// The states of a call, passed through in this order; callFinished and callPending may be
// skipped on the way to callFree.
const (
	callFree    = iota
	callPending // registered, owned by whoever removes it
	callRemoved
	callFinished
)

// finish ends the call: the reply is in it, or err is set. The owner calls it, once, without
// holding a lock.
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

// Exchange is a request to be sent, and the target of its reply.
type Exchange struct {
	Content any
	Label   string // the function, for errors; empty: none
	Target  any    // for the reply, a non-nil pointer; nil: the reply is discarded
	Lent    *Loan  // guards Content and Target; nil: they are valid until the call ends
}

func (x *Exchange) name() string {
	if x.Label == "" {
		return "request"
	}
	return "call of " + x.Label
}

// A pooled call keeps a buffer of this size at most.
const maxKept = 64 << 10

func (c *Conn) newCall() *call {
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
	cl.raw, cl.mem, cl.err, cl.reg, cl.watch, cl.pend, cl.turn, cl.alone = nil, nil, nil, nil, nil, nil, nil, false
	c.set.calls.Put(cl)
}

// Limited returns ctx with the call timeout if ctx has no deadline; otherwise it returns ctx
// and a nil function.
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

// start sends the request of x and returns its call. With pend, no goroutine waits for the
// reply yet, and the caller may be about to start other calls.
func (c *Conn) start(ctx context.Context, x *Exchange, pend *Pending) (*call, error) {
	if ctx.Err() != nil {
		return nil, ctxerr.New(ctx, x.name())
	}
	var t *turn.Turn // left by the caller when the request is sent
	if caller := turn.FromContext(ctx); caller != nil {
		caller.Sends()
		if pend == nil {
			t = caller
		}
	}
	if c.out.Crowded() {
		var err error
		turn.Await(ctx, func() { err = c.room(ctx, x.name()) })
		if err != nil {
			return nil, err
		}
	}
	// Registered before it is encoded, so that one lock is taken instead of three: 1.4× the
	// calls per second at 1,000 in flight.
	c.probe()
	cl := c.newCall()
	cl.pend = pend
	others, wanted, err := c.register(cl, ctx.Done(), pend == nil && t == nil)
	if err != nil {
		c.freeCall(cl)
		return nil, err
	}
	if wanted {
		c.watchFrom(ctx)
	}
	sent := false
	defer func() {
		if !sent { // also if an encoding method of the content panics
			c.unregister(cl)
		}
	}()
	if err := c.sendCall(ctx, cl, x, t, others); err != nil {
		return nil, err
	}
	sent = true
	return cl, nil
}

// sendCall encodes and writes the request of cl. It leaves t, the turn of the caller, if not nil.
func (c *Conn) sendCall(ctx context.Context, cl *call, x *Exchange, t *turn.Turn, others bool) error {
	b, err := c.encode(cl, x)
	if err != nil {
		return c.ofCall(x, err)
	}
	// Calls of an agent are sent in the order of its turns, so the turn is left afterwards.
	// But a caller that has to wait for room leaves it before.
	if t != nil && c.out.Crowded() {
		c.leaveTurn(cl, t)
		t = nil
	}
	if cl.pend != nil {
		err = c.out.WriteSoon(ctx, b)
	} else {
		err = c.out.Write(ctx, b, others)
	}
	if t != nil && err == nil {
		c.leaveTurn(cl, t)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctxerr.New(ctx, x.name())
		}
		return c.unsent(err)
	}
	return nil
}

// register sets the id of cl. It reports whether there are other calls, and whether the
// context with this Done channel should be watched. With blocks, the caller is about to wait for
// the reply without leaving a turn.
func (c *Conn) register(cl *call, done <-chan struct{}, blocks bool) (others, wanted bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false, false, c.unsent(c.err)
	}
	if blocks || c.loop.Load() == nil {
		c.takeOver() // a goroutine must read the reply
	}
	cl.id, cl.reg = c.nextID, c.reg.Load()
	c.nextID++
	c.count.calls++
	c.calls.add(cl)
	others = c.calls.len() > 1
	wanted = c.watches(cl, done)
	c.countAlone(cl, blocks && !others && (done == nil || cl.watch != nil))
	return others, wanted, nil
}

// leaveTurn leaves t, the turn of the caller of cl, which the end of the call resumes. If the
// call has already ended, it does nothing.
func (c *Conn) leaveTurn(cl *call, t *turn.Turn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls.get(cl.id) == cl {
		t.Leave()
		cl.turn = t
	}
}

// HasCalled reports whether this end has ever made a call.
func (c *Conn) HasCalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nextID > 0
}

// unregister removes a call that was not sent.
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

// neverLeft corrects the counts for a call that was given up before it was sent: no reply
// will come.
func (c *Conn) neverLeft() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count.givenUp = max(c.count.givenUp-1, 0) // the connection may have ended
}

// await waits for the reply of cl and frees cl.
func (c *Conn) await(ctx context.Context, cl *call, x *Exchange) error {
	if cl.alone {
		c.readReply(cl)
	}
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
				<-cl.done // the reply is being delivered, or the turn resumed
			}
		}
	}
	err := c.conclude(cl, x)
	if err == errGivenUp { //nolint:errorlint // never wrapped
		err = ctxerr.New(ctx, x.name())
	}
	return err
}

// conclude decodes the reply of cl, or returns its error, and frees cl.
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

// forget removes cl from the pending calls. It returns false if its reply or error is being
// delivered. With left, the request was sent, and its reply will be a late one.
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

// unsent returns the error of a call that was not sent because of err.
func (c *Conn) unsent(err error) error {
	return c.set.Errors.Unsent(c, err)
}

// ofCall adds the request x to an error of the codec. Other errors name it already, or are of
// the connection.
func (c *Conn) ofCall(x *Exchange, err error) error {
	var enc *codec.EncodeError
	var dec *codec.DecodeError
	if errors.As(err, &enc) || errors.As(err, &dec) {
		return c.set.Errors.OfCall(c, x.name(), err)
	}
	return err
}
