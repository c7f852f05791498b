package aiomas

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// Request is a request of the peer, as [Channel.Recv] returns it. It must be
// answered by Reply or Fail, from any goroutine, exactly once: a Python peer
// waits for ever otherwise. It mirrors aiomas.channel.Request.
type Request struct {
	ch       *Channel
	id       int64
	size     int64  // what it counts for Limits.PendingIn
	leaving  bool   // it counts no more; guarded by the channel's mu
	raw      []byte // the content, in buf or mem
	buf      []byte
	mem      *frame.Memory // of a large message
	began    time.Time     // set when it is a sample of how long handlers take
	took     time.Duration // that, until the result was encoded or the handler failed; 0: not known
	arrived  time.Time     // set when the channel has a reply deadline
	taken    atomic.Bool   // Reply or Fail was called
	answered atomic.Bool   // the answer was handed to the writer, or is too late
	shared   bool          // others than the handler's goroutine have used it
	users    atomic.Int32  // who uses it; counted once it is shared
}

var requests = sync.Pool{New: func() any { return new(Request) }}

// newRequest copies the content, unless it brings its memory, out of the read
// buffer. It is from a pool, to which only requests come back that no user has seen.
func (c *Channel) newRequest(a *arrival) *Request {
	r := requests.Get().(*Request)
	r.ch, r.id = c, a.id
	r.size = int64(len(a.content))
	if c.cfg.replyDeadline > 0 {
		r.arrived = time.Now()
	}
	if a.mem != nil {
		r.raw, r.mem = a.content, a.mem
		r.size = int64(max(len(a.content), a.size))
	} else {
		r.buf = append(r.buf[:0], a.content...)
		r.raw = r.buf
	}
	return r
}

// share lets others than the handler's goroutine, which calls it, hold r.
func (r *Request) share() {
	if !r.shared {
		r.shared = true
		r.users.Store(1)
	}
}

// hold keeps r, which somebody holds and has shared, from the pool until free.
func (r *Request) hold() { r.users.Add(1) }

// free says that one of those who use r is done with it. The last one puts it
// back into the pool.
func (r *Request) free() {
	if r.shared && r.users.Add(-1) > 0 {
		return
	}
	if cap(r.buf) > maxKept {
		r.buf = nil
	}
	if r.mem != nil {
		r.mem.Free()
	}
	r.ch, r.raw, r.mem = nil, nil, nil
	r.began, r.took, r.shared = time.Time{}, 0, false
	r.answered.Store(false)
	requests.Put(r)
}

// Decode decodes the content into what target, a non-nil pointer, points to.
// The error is a *[DecodeError].
func (r *Request) Decode(target any) error {
	d := r.ch.decoder(r.raw, r.mem, r.ch.reg.Load())
	defer r.ch.freeDecoder(d)
	return d.Decode(target)
}

// Channel returns the channel that the request came by.
func (r *Request) Channel() *Channel { return r.ch }

// Reply answers the request with a result. When the result cannot be encoded,
// the peer gets that as an exception, and Reply returns the *[EncodeError].
// Other errors are [ErrAlreadyReplied], [ErrTooLate] past [WithReplyDeadline], a
// *[ConnectionError], or wrap that of ctx, which ends the wait for a peer that
// does not read; they mean that the peer has no reply. After that of ctx the
// request is as if Reply had not been called, and must still be answered.
func (r *Request) Reply(ctx context.Context, result any) error {
	return r.once(ctx, func() error {
		err := r.ch.reply(ctx, r, result)
		if err != nil && isEncodeError(err) {
			return errors.Join(err, r.ch.fail(ctx, r, "", err))
		}
		return err
	})
}

// Fail answers the request with an exception. A Python peer gets a traceback
// whose last line is the type and message of err; see [ExceptionType] for how
// to choose the type. Its errors are those of Reply.
func (r *Request) Fail(ctx context.Context, err error) error {
	return r.once(ctx, func() error { return r.ch.fail(ctx, r, "", err) })
}

// once runs what answers the request, unless something did before. When that
// panics or calls runtime.Goexit, in an encoding method of the result or the
// error's Error, the peer is told before it goes on.
func (r *Request) once(ctx context.Context, answer func() error) error {
	if r.taken.Swap(true) {
		return ErrAlreadyReplied
	}
	defer r.settle(ctx)
	returned := false
	defer func() {
		if returned || r.answered.Load() {
			return
		}
		v := recover()
		_ = r.ch.fail(ctx, r, "", &PanicError{Value: v, Stack: debug.Stack()}) // its connection may have ended
		if v != nil {
			panic(v)
		}
	}()
	err := answer()
	returned = true
	return err
}

// settle ends an attempt to answer. When ctx ended before the writer had the
// answer, there can be another one.
func (r *Request) settle(ctx context.Context) {
	c := r.ch
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil: // which has settled it
	case ctx.Err() != nil && !r.answered.Load():
		r.taken.Store(false)
	default:
		c.settled(r)
	}
}

// reply sends the result of a request. After an *EncodeError nothing was sent.
func (c *Channel) reply(ctx context.Context, r *Request, result any) error {
	if err := c.room(ctx, "reply"); err != nil {
		return err
	}
	if c.tooLate(r) {
		return ErrTooLate
	}
	b := frame.NewBuffer()
	var err error
	if err = c.appendMessage(b, codec.Result, r.id, result, c.reg.Load()); err == nil {
		err = c.checkSize(b)
	}
	if err != nil {
		b.Free()
		if !isEncodeError(err) { // of somebody's own codec
			err = &EncodeError{Err: err}
		}
		return err
	}
	r.timed()
	return c.writeReply(ctx, r, b)
}

// timed ends the sample that r may be.
func (r *Request) timed() {
	if !r.began.IsZero() {
		r.took = max(time.Since(r.began), 1)
	}
}

// fail sends an exception in reply to a request.
func (c *Channel) fail(ctx context.Context, r *Request, where string, err error) error {
	if c.tooLate(r) {
		c.cfg.metrics.requestsFailed.Add(1)
		return ErrTooLate
	}
	r.timed()
	b := c.exception(r.id, where, err)
	c.cfg.metrics.requestsFailed.Add(1) // before the peer can know
	err = c.writeReply(ctx, r, b)
	if !r.answered.Load() {
		c.cfg.metrics.requestsFailed.Add(-1)
	}
	return err
}

// replyException answers a request that never became one, for who reads and
// must not wait. A peer that goes on asking without reading the answers
// loses its connection.
func (c *Channel) replyException(id int64, err error) {
	if errors.Is(c.out.WriteNow(c.exception(id, "", err)), frame.ErrFull) {
		c.end(&ProtocolError{Peer: c.peer, Reason: fmt.Sprintf("goes on asking while %d bytes of answers wait for it", c.out.Pending())})
	}
}

// room waits until there is room for what a message is about to be encoded to.
func (c *Channel) room(ctx context.Context, what string) error {
	err := c.out.Room(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return contextError(ctx, what)
	}
	return c.unsent(err)
}

func (c *Channel) writeReply(ctx context.Context, r *Request, b *frame.Buffer) error {
	r.answered.Store(true)
	c.mu.Lock()
	c.replied(b.Size())
	c.leaves(r)
	others := c.running > 1
	err := c.err
	c.mu.Unlock()
	if err != nil {
		b.Free()
		return err
	}
	err = c.out.Write(ctx, b, others)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil:
		return c.unsent(err)
	}
	r.answered.Store(false)
	c.mu.Lock()
	c.stays(r)
	c.mu.Unlock()
	return contextError(ctx, "reply")
}

// tooLate tells that the peer has given up on r by now; see WithReplyDeadline.
func (c *Channel) tooLate(r *Request) bool {
	if c.cfg.replyDeadline == 0 || time.Since(r.arrived) <= c.cfg.replyDeadline {
		return false
	}
	r.answered.Store(true)
	c.cfg.metrics.repliesDropped.Add(1)
	c.log.warn("reply dropped, its deadline has passed", "id", r.id, "deadline", c.cfg.replyDeadline)
	return true
}
