package aiomas

import (
	"context"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// call waits for one reply. It is registered before its request is written and
// belongs to whoever takes it out of the channel's map: who reads replies, which
// then signals it exactly once, or the caller that gives up, who is then never
// signalled. That is why a call can be pooled with its Go channel.
//
// The pool is the config's, not the package's: a test in a bubble of
// testing/synctest must not get a Go channel from outside it, nor leave one
// behind. (One did, and a caller in a bubble waited for ever.)
type call struct {
	id   int64
	reg  *codec.Registry
	done chan struct{} // one slot
	typ  codec.MessageType
	raw  []byte // the reply's content, in buf or mem
	buf  []byte
	mem  *frame.Memory // of a large message
	err  error         // instead of a reply

	alone bool   // there was no other when it began
	watch *watch // ends the call with its context; nil: the caller looks after that
}

const (
	// Replies past this size are not kept with the pooled call.
	maxKept = 64 << 10
	// A call that was the only one is kept for the next one, without the pool.
	// With a reply past this size it is not: most connections are idle.
	maxSpare = 256
)

func (c *Channel) newCall() *call {
	if cl := c.spare.Load(); cl != nil && c.spare.CompareAndSwap(cl, nil) {
		return cl
	}
	if cl, ok := c.cfg.pendings.Get().(*call); ok {
		return cl
	}
	return &call{done: make(chan struct{}, 1)}
}

func (c *Channel) freeCall(cl *call) {
	if cap(cl.buf) > maxKept {
		cl.buf = nil
	}
	if cl.mem != nil {
		cl.mem.Free()
	}
	cl.raw, cl.mem, cl.err, cl.reg, cl.watch = nil, nil, nil, nil, nil
	if cl.alone && cap(cl.buf) <= maxSpare && c.spare.CompareAndSwap(nil, cl) {
		return
	}
	c.cfg.pendings.Put(cl)
}

// roundTrip sends content and decodes the reply into target. path names the
// function for errors.
func (c *Channel) roundTrip(ctx context.Context, content any, path string, target any) error {
	if c.cfg.callTimeout > 0 {
		if _, has := ctx.Deadline(); !has {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, c.cfg.callTimeout)
			defer cancel()
		}
	}
	cl, err := c.start(ctx, content, path, false)
	if err != nil {
		return err
	}
	return c.await(ctx, cl, path, target)
}

// start sends the request and returns its call. With more, the caller does not
// wait for the reply yet and may be about to start others.
func (c *Channel) start(ctx context.Context, content any, path string, more bool) (*call, error) {
	if ctx.Err() != nil {
		return nil, contextError(ctx, callName(path))
	}
	if c.out.Crowded() {
		if err := c.room(ctx, callName(path)); err != nil {
			return nil, err
		}
	}
	// Registered before it is encoded, for one turn of the lock instead of three:
	// 1.4× the calls per second at 1,000 in flight.
	cl := c.newCall()
	var done <-chan struct{}
	if !more { // the caller of Go may wait with another context
		done = ctx.Done()
	}
	others, wanted, err := c.register(cl, done)
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
	b := frame.NewBuffer()
	if err = c.appendMessage(b, codec.Request, cl.id, content, cl.reg); err == nil {
		err = c.checkSize(b)
	}
	if err != nil {
		b.Free()
		return nil, err
	}
	if more {
		err = c.out.WriteSoon(ctx, b)
	} else {
		err = c.out.Write(ctx, b, others)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, contextError(ctx, callName(path))
		}
		return nil, c.unsent(err)
	}
	sent = true
	return cl, nil
}

// register gives cl its id. It says whether there are other calls, and whether
// the context whose channel is done is worth a watch.
func (c *Channel) register(cl *call, done <-chan struct{}) (others, wanted bool, err error) {
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
	cl.alone = !others
	return others, c.watches(cl, done), nil
}

// hasCalled tells whether there has ever been a call.
func (c *Channel) hasCalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nextID > 0
}

// unregister takes back a call that did not leave.
func (c *Channel) unregister(cl *call) {
	c.cfg.metrics.callsFailed.Add(1)
	if !c.forget(cl) {
		<-cl.done
	}
	c.freeCall(cl)
}

// await waits for the reply of cl, which it frees.
func (c *Channel) await(ctx context.Context, cl *call, path string, target any) error {
	err := c.awaitReply(ctx, cl, path, target)
	if err != nil {
		c.cfg.metrics.callsFailed.Add(1)
	}
	return err
}

func (c *Channel) awaitReply(ctx context.Context, cl *call, path string, target any) error {
	if giveUp := ctx.Done(); giveUp == nil || cl.watch != nil {
		<-cl.done
		if cl.err == errGivenUp { //nolint:errorlint // no chain: set by giveUp
			c.freeCall(cl)
			return contextError(ctx, callName(path))
		}
	} else {
		select {
		case <-cl.done:
		case <-giveUp:
			if c.forget(cl) {
				c.freeCall(cl)
				return contextError(ctx, callName(path))
			}
			<-cl.done // the reply is being handed over
		}
	}
	err := cl.err
	if err == nil {
		err = c.decodeReply(cl, path, target)
	}
	c.freeCall(cl)
	return err
}

func (c *Channel) decodeReply(cl *call, path string, target any) error {
	if cl.typ == codec.Result && target == nil {
		return nil
	}
	d := c.decoder(cl.raw, cl.mem, cl.reg)
	defer c.freeDecoder(d)
	if cl.typ == codec.Exception {
		return c.newRemoteError(d, path)
	}
	if err := d.Decode(target); err != nil {
		return codec.At(err, "result")
	}
	return nil
}

// forget takes cl out of the pending calls; false says that its reply or error
// is on the way.
func (c *Channel) forget(cl *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls.get(cl.id) != cl {
		return false
	}
	c.remove(cl)
	return true
}

// unsent is err, the end of the connection, for a call that never left.
func (c *Channel) unsent(err error) error {
	if ce, ok := err.(*ConnectionError); ok { //nolint:errorlint // the channel's own error, not a chain
		e := *ce
		e.Unsent = true
		return &e
	}
	return &ConnectionError{Peer: c.peer, Err: err}
}

// gapCodec is a codec that can leave a long text to be written from where it is.
type gapCodec interface {
	AppendMessageGap(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry, g *gap.Gap) ([]byte, error)
}

// appendMessage encodes a message into b.
func (c *Channel) appendMessage(b *frame.Buffer, t codec.MessageType, id int64, content any, reg *codec.Registry) (err error) {
	if gc, ok := c.cfg.codec.(gapCodec); ok {
		b.B, err = gc.AppendMessageGap(b.B, t, id, content, reg, &b.Gap)
	} else {
		b.B, err = c.cfg.codec.AppendMessage(b.B, t, id, content, reg)
	}
	return err
}

// checkSize refuses a message past Limits.FrameOut before it is written.
func (c *Channel) checkSize(b *frame.Buffer) error {
	// The first comparison spares nearly all calls a look at the limits.
	if n := int64(b.Size() - frame.HeaderSize); n > leastFrame && n > c.cfg.limits.FrameOut {
		return codec.NewEncodeError("Serialized message is too long (%d).  Maximum length is %d.", n, c.cfg.limits.FrameOut)
	}
	return nil
}

// decoder returns a decoder of raw, which is in mem if that is not nil. It is to be
// freed before mem is.
func (c *Channel) decoder(raw []byte, mem *frame.Memory, reg *codec.Registry) codec.Decoder {
	d, ok := c.cfg.decoders.Get().(codec.Decoder)
	if !ok {
		d = c.cfg.codec.NewDecoder()
	}
	d.Reset(raw, reg)
	if mem != nil {
		// Others' codecs may decode something else than what is in mem.
		if _, ok := c.cfg.codec.(gapCodec); ok {
			d.(gap.Borrower).Borrow(mem.Loan())
		}
	}
	return d
}

func (c *Channel) freeDecoder(d codec.Decoder) {
	d.Reset(nil, nil)
	c.cfg.decoders.Put(d)
}

func callName(path string) string {
	if path == "" {
		return "request"
	}
	return "call of " + path
}

// Pending is a call under way, started by [Proxy.Go]. It is for one goroutine.
type Pending struct {
	ch     *Channel
	call   *call
	path   string
	result any
	err    error
	limit  time.Time          // Limits.CallTimeout, from the start of the call; zero: none
	ended  chan error         // of an intercepted call, which runs in a goroutine
	giveUp context.CancelFunc // ends it
}

// intercept makes the call in a goroutine of its own, which ends with it: an
// interceptor is on the stack until the reply has come.
func (p *Pending) intercept(ctx context.Context, list []CallInterceptor, call Outgoing, f func(context.Context) error) {
	ctx, p.giveUp = context.WithCancel(ctx)
	p.ended = make(chan error, 1)
	go func() { p.ended <- intercepted(ctx, list, call, f) }()
}

// Wait waits for the reply and decodes it into the result that was given to Go.
// When ctx ends first, the call is given up. Further calls of Wait return the
// same error.
func (p *Pending) Wait(ctx context.Context) error {
	if p.ended != nil {
		stop := context.AfterFunc(ctx, p.giveUp)
		p.err = <-p.ended
		stop()
		p.giveUp()
		p.ended = nil
		if ctx.Err() != nil && p.err != nil {
			p.err = contextError(ctx, callName(p.path))
		}
		return p.err
	}
	if p.call != nil {
		cl := p.call
		if _, has := ctx.Deadline(); !has && !p.limit.IsZero() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, p.limit)
			defer cancel()
		}
		p.call = nil
		p.err = p.ch.await(ctx, cl, p.path, p.result)
	}
	return p.err
}
