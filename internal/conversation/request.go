package conversation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Request is a request of the peer. It must be answered exactly once, from any
// goroutine: a Python peer waits for ever otherwise.
type Request struct {
	conn    *Conn
	id      int64
	size    int64  // what it counts for Limits.PendingIn
	sending bool   // of the ledger
	raw     []byte // the content, in buf or mem
	buf     []byte
	mem     *frame.Memory // of a large message
	began   time.Time     // set when it is a sample of how long handlers take
	took    time.Duration // that, until the result was encoded or the handler failed; 0: not known
	arrived time.Time     // set when the channel has a reply deadline
	answer  answer
	shared  bool         // others than the handler's goroutine have used it
	users   atomic.Int32 // who uses it; counted once it is shared
	queue   *turn.Queue  // whose turn its handler needs; nil: none
	turn    *turn.Turn   // of its handler, once that has begun
	aside   bool         // see admits
}

var requests = sync.Pool{New: func() any { return new(Request) }}

// newRequest copies the content, unless it brings its memory, out of the read
// buffer. It is from a pool, to which only requests come back that no user has seen.
func (c *Conn) newRequest(a *incoming) *Request {
	r := requests.Get().(*Request)
	r.conn, r.id = c, a.id
	r.size = int64(len(a.content))
	if c.set.ReplyDeadline > 0 {
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

// Share lets others than the handler's goroutine, which calls it, hold r.
func (r *Request) Share() {
	if !r.shared {
		r.shared = true
		r.users.Store(1)
	}
}

// Retain keeps r, which must be in use and shared, out of the pool until the matching Free.
func (r *Request) Retain() { r.users.Add(1) }

// Free says that one of those who use r is done with it. The last one puts it
// back into the pool.
func (r *Request) Free() {
	if r.shared && r.users.Add(-1) > 0 {
		return
	}
	if cap(r.buf) > maxKept {
		r.buf = nil
	}
	if r.mem != nil {
		r.mem.Free()
	}
	r.conn, r.raw, r.mem = nil, nil, nil
	r.began, r.took, r.shared = time.Time{}, 0, false
	r.queue, r.turn, r.aside = nil, nil, false
	r.answer.unsend()
	requests.Put(r)
}

// Decode decodes the content into what target, a non-nil pointer, points to.
func (r *Request) Decode(target any) error {
	d := r.conn.decoder(r.raw, r.mem, r.conn.reg.Load())
	defer r.conn.freeDecoder(d)
	return d.Decode(target)
}

// Decoder returns a decoder of the content, for FreeDecoder.
func (r *Request) Decoder() codec.Decoder {
	return r.conn.decoder(r.raw, r.mem, r.conn.reg.Load())
}

// FreeDecoder gives a decoder of r back. Nothing of it may be used any more.
func (r *Request) FreeDecoder(d codec.Decoder) { r.conn.freeDecoder(d) }

// ID returns the request's number.
func (r *Request) ID() int64 { return r.id }

// Reply answers the request with a result, and with an exception when that cannot be
// encoded. It is for requests of Recv: the first of Reply and Fail counts.
func (r *Request) Reply(ctx context.Context, result any) error {
	return r.once(ctx, func() error {
		err := r.Answer(ctx, result)
		if err != nil && isEncodeError(err) {
			return errors.Join(err, r.Refuse(ctx, "", err))
		}
		return err
	})
}

// Fail answers the request with an exception, as Reply does with a result.
func (r *Request) Fail(ctx context.Context, err error) error {
	return r.once(ctx, func() error { return r.Refuse(ctx, "", err) })
}

// Answered tells whether an answer was handed to the writer, or is too late. There
// must not be another one: it would cost a Python peer its connection.
func (r *Request) Answered() bool { return r.answer.wasSent() }

// Answer sends the result of a request to its handler's peer. After an
// *[codec.EncodeError] nothing was sent, and Refuse is to follow.
func (r *Request) Answer(ctx context.Context, result any) error { return r.conn.reply(ctx, r, result) }

// Refuse sends an exception in place of a result. label names the function.
func (r *Request) Refuse(ctx context.Context, label string, err error) error {
	return r.conn.fail(ctx, r, label, err)
}

// once runs what answers the request, unless something did before. When that
// panics or calls runtime.Goexit, in an encoding method of the result or the
// error's Error, the peer is told before it goes on.
func (r *Request) once(ctx context.Context, answer func() error) error {
	if !r.answer.claim() {
		return ErrAlreadyReplied
	}
	defer r.attempted(ctx)
	returned := false
	defer func() {
		if returned || r.answer.wasSent() {
			return
		}
		v := recover()
		_ = r.Refuse(ctx, "", r.conn.set.Errors.Panicked(v, debug.Stack())) // its connection may have ended
		if v != nil {
			panic(v)
		}
	}()
	err := answer()
	returned = true
	return err
}

// attempted ends an attempt to answer. When ctx ended before the writer had the
// answer, there can be another one.
func (r *Request) attempted(ctx context.Context) {
	c := r.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil: // the end of the connection was the end of r
	case ctx.Err() != nil && !r.answer.wasSent():
		r.answer.release()
	default:
		c.ledger.done(r)
	}
}

// reply sends the result of a request. After an *codec.EncodeError nothing was sent.
func (c *Conn) reply(ctx context.Context, r *Request, result any) error {
	if err := r.room(ctx); err != nil {
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
			err = &codec.EncodeError{Err: err}
		}
		return err
	}
	r.timed()
	r.endTurn()
	return c.writeReply(ctx, r, b)
}

// room waits until there is room for the reply, without the turn of the handler, and
// then has that turn.
func (r *Request) room(ctx context.Context) (err error) {
	c := r.conn
	if r.turn == nil {
		return c.room(ctx, "reply")
	}
	r.turn.Hold()
	if c.out.Crowded() {
		r.turn.Await(func() { err = c.room(ctx, "reply") })
	}
	return err
}

// timed ends the sample that r may be.
func (r *Request) timed() {
	if !r.began.IsZero() {
		r.took = max(time.Since(r.began), 1)
	}
}

// fail sends an exception in reply to a request.
func (c *Conn) fail(ctx context.Context, r *Request, where string, err error) error {
	if c.tooLate(r) {
		c.set.Counters.requestsFailed.Add(1)
		return ErrTooLate
	}
	r.timed()
	if r.turn != nil {
		r.turn.Hold() // err may be of the user's, and look at what the turn guards
	}
	b := c.exception(r.id, where, err)
	r.endTurn()
	c.set.Counters.requestsFailed.Add(1) // before the peer can know
	err = c.writeReply(ctx, r, b)
	if !r.answer.wasSent() {
		c.set.Counters.requestsFailed.Add(-1)
	}
	return err
}

// replyException answers a request that never became one, for the reader goroutine,
// which must not wait. A peer that goes on asking without reading the answers
// loses its connection.
func (c *Conn) replyException(id int64, err error) {
	if errors.Is(c.out.WriteNow(c.exception(id, "", err)), frame.ErrFull) {
		c.End(&Violation{Reason: fmt.Sprintf("goes on asking while %d bytes of answers wait for it", c.out.Pending())})
	}
}

// room waits until there is room for what a message is about to be encoded to.
func (c *Conn) room(ctx context.Context, what string) error {
	err := c.out.Room(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctxerr.New(ctx, what)
	}
	return c.unsent(err)
}

func (c *Conn) writeReply(ctx context.Context, r *Request, b *frame.Buffer) error {
	r.answer.send()
	c.mu.Lock()
	c.pace.reply(b.Size())
	c.ledger.send(r)
	others := c.ledger.open > 1
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
	r.answer.unsend()
	c.mu.Lock()
	c.ledger.unsend(r)
	c.mu.Unlock()
	return ctxerr.New(ctx, "reply")
}

// tooLate tells that the peer has given up on r by now; see WithReplyDeadline.
func (c *Conn) tooLate(r *Request) bool {
	if c.set.ReplyDeadline == 0 || time.Since(r.arrived) <= c.set.ReplyDeadline {
		return false
	}
	r.answer.drop()
	c.set.Counters.repliesDropped.Add(1)
	c.Log.Warn("reply dropped, its deadline has passed", "id", r.id, "deadline", c.set.ReplyDeadline)
	return true
}
