package conversation

import (
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// dispatch queues requests that have arrived; the reader goroutine calls it. If they are the last ones of
// a read and no others are in progress, it plans that the reader goroutine handles them itself, and that
// another one reads; or that it does both, see inline.go.
func (c *Conn) dispatch(last bool, batch ...incoming) {
	turns := c.turns.Load()
	for i := range batch {
		r := c.newRequest(&batch[i])
		if batch[i].request = r; turns != nil {
			r.queue = (*turns).Queue(r)
			batch[i].queue = r.queue
		}
	}
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return // the connection has ended
	}
	c.replies = false
	taken := c.callerTakes() // a caller has read them, which must not handle them
	last = last && !taken
	refused, others := false, c.ledger.counted() > 0
	queued := c.queue.Len()
	for i := range batch {
		a := &batch[i]
		c.count.requests++
		if a.err = c.refusal(a.request); a.err != nil {
			refused = true
			continue
		}
		c.ledger.add(a.request)
		queued++
	}
	// All requests of a read or none, to keep their order.
	inline := c.mayInline(queued) && !taken || c.reader.task == taskInline
	for i := range batch {
		switch a := &batch[i]; {
		case a.err != nil:
		case a.queue == nil:
			c.queue.Push(a.request)
		case inline:
			c.queue.Push(a.request)
			c.unqueued++
		}
	}
	if c.handler == nil {
		c.announce()
	}
	begin := false
	if inline {
		c.reader.plan(taskInline)
	} else {
		begin = c.mustBegin()
	}
	c.mu.Unlock()
	if begin {
		if last && !others {
			c.reader.plan(taskQueued)
		} else {
			go c.begin()
		}
	}
	if turns != nil && !inline {
		c.queueForTurns(batch, last && !others && !begin)
	}
	if refused {
		c.refuse(batch)
	}
}

// refusal returns the error with which r is refused, or nil; c.mu is held.
func (c *Conn) refusal(r *Request) error {
	switch set, n := c.set, c.ledger.counted(); {
	case c.ending.shutdown != notShutDown:
		return ErrShuttingDown
	case n >= set.Requests:
		return fmt.Errorf("%w (limit %d)", ErrBusy, set.Requests)
	case n > 0 && c.ledger.bytes+r.size > set.PendingIn:
		return fmt.Errorf("%w (%d bytes, limit %d)", ErrBusy, c.ledger.bytes+r.size, set.PendingIn)
	}
	return nil
}

// refuse answers the requests of batch that are refused.
func (c *Conn) refuse(batch []incoming) {
	for i := range batch {
		if a := &batch[i]; a.err != nil {
			c.set.Counters.requestsRefused.Add(1)
			c.Log.Debug("request refused", "id", a.id, "reason", a.err)
			a.request.Free()
			c.replyException(a.id, a.err)
		}
	}
}

// mustBegin reports whether a goroutine has to process the queue: then the caller must make sure that
// begin is called; c.mu is held.
//
// Each running handler has a goroutine, but not always a new one. A goroutine first starts the next one,
// if there are more requests, so that no request waits for the handler of another, and then handles
// requests until none is left. With many calls in flight and short handlers, two goroutines handle a
// batch.
func (c *Conn) mustBegin() bool {
	switch {
	case c.handler == nil || c.queue.Len() == 0 || c.err != nil || c.starting || c.inlining.on:
	case !c.mayBegin():
		c.beginLater()
	default:
		c.starting = true
		return true
	}
	return false
}

func (c *Conn) beginQueued() {
	if c.mustBegin() {
		go c.begin()
	}
}

// begin handles the requests in the queue.
func (c *Conn) begin() {
	c.mu.Lock()
	c.starting = false
	r := c.next()
	c.beginQueued()
	c.mu.Unlock()
	if r != nil {
		growStack(false)
		c.work(r)
	}
}

// work handles r, and then the requests that could not begin before.
func (c *Conn) work(r *Request) {
	returned := false
	defer func() {
		if !returned { // the handler called runtime.Goexit
			if r = c.finished(r, true); r != nil {
				go c.work(r)
			}
		}
	}()
	for r != nil {
		if r.queue == nil {
			r.sample()
			c.handler.Handle(r)
		} else if next := handleTurn(r); next != nil {
			next.Start()
		}
		r = c.finished(r, true)
	}
	returned = true
}

// runs records that the handler of r is about to begin, and decides whether its time is a sample; c.mu is
// held.
func (c *Conn) runs(r *Request) {
	c.ledger.run()
	r.sampled = r.id&sampleMask == 0 || c.inlining.learns()
}

// sample starts a measurement of the time of the handler if it is a sample.
func (r *Request) sample() {
	if r.sampled {
		r.began = time.Now()
	}
}

// finished is called when the handler of r has returned, and frees r. With another, it returns the next
// request for the caller to handle, or nil.
func (c *Conn) finished(r *Request, another bool) (next *Request) {
	c.mu.Lock()
	c.ledger.ran(r)
	if r.took > 0 {
		c.inlining.judge(r.took)
		c.inlining.pace(r.began)
	}
	if another {
		next = c.next()
	}
	c.beginQueued()
	last := c.ending.over && c.ledger.open == 0
	c.mu.Unlock()
	if last {
		c.leave()
	}
	r.Free()
	return next
}

// Handle makes h answer all requests, including those that have already arrived. From now on, values are
// encoded and decoded with reg.
func (c *Conn) Handle(h Handler, reg *codec.Registry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reg.Store(reg)
	c.handler = h
	if t, ok := h.(TurnHandler); ok {
		c.turns.Store(&t)
	}
	c.beginQueued()
}

// contentFailed fails the one call whose content cannot be read.
func (c *Conn) contentFailed(m codec.Message, err *codec.DecodeError) {
	c.Log.Warn("unreadable content", "type", m.Type.String(), "id", m.ID, "err", err)
	if m.Type == codec.Request {
		c.mu.Lock()
		c.count.requests++
		c.mu.Unlock()
		c.set.Counters.requestsRefused.Add(1)
		c.replyException(m.ID, &UnreadableError{err})
		return
	}
	c.deliver(incoming{typ: m.Type, id: m.ID, err: err})
}

// growStack makes the stack large enough for its own frame while there is little on it. Decoding, a call
// by reflection and encoding need several KiB. If the stack grows step by step, it is copied with their
// frames on it, which was more than half of a server's work for a small call. really is always false,
// but the compiler does not know that.
//
//go:noinline
func growStack(really bool) {
	if really {
		var room [6 << 10]byte
		fill(room[:])
	}
}

//go:noinline
func fill(b []byte) { clear(b) }
