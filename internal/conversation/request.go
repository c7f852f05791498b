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

// Request is a request of the peer. It must be answered exactly once, from any goroutine: without
// an answer a Python peer waits for ever.
type Request struct {
	conn    *Conn
	id      int64
	size    int64  // bytes that count for PendingIn
	sending bool   // used by ledger
	raw     []byte // the content, in buf or mem
	buf     []byte
	mem     *frame.Memory // of a large message
	began   time.Time     // start of the handler, if its time is a sample; else zero
	took    time.Duration // time of the handler until its result was encoded; 0: unknown
	arrived time.Time     // set if there is a reply deadline
	answer  answer
	sampled bool         // see runs
	shared  bool         // used by other goroutines than the handler's
	users   atomic.Int32 // number of uses, if shared
	queue   *turn.Queue  // whose turn the handler needs; nil: none
	turn    *turn.Turn   // of the handler, while it runs
	delayed bool         // the result is to be written when the turn was passed on
	spare   *turn.Turn   // reused as turn; nil: there is none
	aside   bool         // see admits
	kept    Kept
}

var requests = sync.Pool{New: func() any { return new(Request) }}

// newRequest returns a pooled request for a. It takes over the memory of a, or copies the content
// out of the read buffer. Requests that a user has seen are not put back into the pool.
func (c *Conn) newRequest(a *incoming) *Request {
	r := requests.Get().(*Request)
	r.conn, r.id = c, a.id
	r.size = int64(len(a.content))
	if c.set.ReplyDeadline > 0 {
		r.arrived = time.Now()
	}
	if a.mem != nil {
		r.raw, r.mem = a.content, a.mem
		r.mem.Loan().Scope()
		r.size = int64(max(len(a.content), a.size))
	} else {
		r.buf = append(r.buf[:0], a.content...)
		r.raw = r.buf
	}
	return r
}

// Share prepares r for use by other goroutines than the handler's, which must call it.
func (r *Request) Share() {
	if !r.shared {
		r.shared = true
		r.users.Store(1)
	}
}

// Retain keeps r, which must be in use and shared, out of the pool until the matching Free.
func (r *Request) Retain() { r.users.Add(1) }

// Free ends one use of r. The last one puts r back into the pool.
func (r *Request) Free() {
	if r.shared && r.users.Add(-1) > 0 {
		return
	}
	if cap(r.buf) > maxKept {
		r.buf = nil
	}
	if k := r.TakeKept(); k.Decoder != nil {
		r.FreeDecoder(k.Decoder)
	}
	if r.mem != nil {
		r.mem.Loan().EndScope()
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

// Decoder returns a decoder of the content; it must be passed to FreeDecoder.
func (r *Request) Decoder() codec.Decoder {
	return r.conn.decoder(r.raw, r.mem, r.conn.reg.Load())
}

// FreeDecoder frees a decoder of r. Bytes that it returned must no longer be used.
func (r *Request) FreeDecoder(d codec.Decoder) { r.conn.freeDecoder(d) }

// ID returns the id of the request.
func (r *Request) ID() int64 { return r.id }

// Reply answers a request returned by Recv with a result, or with an exception if that cannot be
// encoded. Only the first call of Reply or Fail has an effect.
func (r *Request) Reply(ctx context.Context, result any) error {
	return r.once(ctx, func() error {
		err := r.Answer(ctx, result)
		if err != nil && isEncodeError(err) {
			return errors.Join(err, r.Refuse(ctx, "", err))
		}
		return err
	})
}

// Fail answers a request returned by Recv with an exception.
func (r *Request) Fail(ctx context.Context, err error) error {
	return r.once(ctx, func() error { return r.Refuse(ctx, "", err) })
}

// Answered reports whether the answer was passed to the writer, or is too late. There must not be
// another one: a Python peer would end its connection.
func (r *Request) Answered() bool { return r.answer.wasSent() }

// Answer sends the result of a handler. After an *[codec.EncodeError] nothing was sent, and the
// caller must call Refuse.
func (r *Request) Answer(ctx context.Context, result any) error { return r.conn.reply(ctx, r, result) }

// KeepsNothing reports whether the codec keeps no part of a result after Answer, but the bytes of
// long texts. That is not known of codecs by users.
func (r *Request) KeepsNothing() bool { return r.conn.set.inMemory }

// Refuse sends an exception instead of a result. label is the function.
func (r *Request) Refuse(ctx context.Context, label string, err error) error {
	return r.conn.fail(ctx, r, label, err)
}

// once calls answer, unless the request was answered before. If answer panics or calls
// runtime.Goexit, in an encoding method of the result or an Error method, the peer receives an
// exception first.
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

// attempted ends an attempt to answer. If ctx ended before the writer accepted the answer, another
// attempt is allowed.
func (r *Request) attempted(ctx context.Context) {
	c := r.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil: // r was given up with the connection
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
		if !isEncodeError(err) { // from a codec of the user
			err = &codec.EncodeError{Err: err}
		}
		return err
	}
	r.timed()
	r.endTurn()
	return c.writeReply(ctx, r, b)
}

// room leaves the turn of the handler while it waits for room for the reply. Afterwards the handler
// has the turn.
func (r *Request) room(ctx context.Context) (err error) {
	c := r.conn
	if r.turn == nil {
		return c.room(ctx, "reply")
	}
	r.turn.Regain()
	if c.out.Crowded() {
		r.turn.Await(func() { err = c.room(ctx, "reply") })
	}
	return err
}

// timed ends the measurement of r if it is a sample.
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
		r.turn.Regain() // methods of err may use data that the turn protects
	}
	b := c.exception(r.id, where, err)
	r.endTurn()
	c.set.Counters.requestsFailed.Add(1) // before the peer receives it
	err = c.writeReply(ctx, r, b)
	if !r.answer.wasSent() {
		c.set.Counters.requestsFailed.Add(-1)
	}
	return err
}

// replyException answers a message for which there is no Request. It is called by the reader
// goroutine, which must not block: the connection ends if the peer sends more requests without
// reading the answers.
func (c *Conn) replyException(id int64, err error) {
	if errors.Is(c.out.WriteNow(c.exception(id, "", err)), frame.ErrFull) {
		c.End(&Violation{Reason: fmt.Sprintf("sent another request while %d bytes of answers to it were pending", c.out.Pending())})
	}
}

// room waits until there is room for a message that is about to be encoded.
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
	if r.turn == nil || !others || c.out.InOrder() {
		err = c.out.Write(ctx, b, others)
	} else if r.delayed, err = c.out.Delay(ctx, b); r.delayed {
		r.queue.Late(c.out)
	}
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

// tooLate reports whether the reply deadline of r has passed; see aiomas.WithReplyDeadline.
func (c *Conn) tooLate(r *Request) bool {
	if c.set.ReplyDeadline == 0 || time.Since(r.arrived) <= c.set.ReplyDeadline {
		return false
	}
	r.answer.drop()
	c.set.Counters.repliesDropped.Add(1)
	c.Log.Warn("reply dropped, its deadline has passed", "id", r.id, "deadline", c.set.ReplyDeadline)
	return true
}
