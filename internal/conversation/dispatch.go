package conversation

import (
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// dispatch takes requests that have arrived. When they are the last ones of a read
// and no others are under way, the goroutine that reads will handle them itself
// and leave the reading to another; see inline.go for when it does both.
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
		return // nobody to reply to
	}
	refused, others := false, c.running > c.leaving
	for i := range batch {
		a := &batch[i]
		c.count.requests++
		if a.err = c.refusal(a.request); a.err != nil {
			refused = true
			continue
		}
		c.running++
		c.pendingIn += a.request.size
		if a.queue == nil {
			c.queue.push(a.request)
		}
	}
	if c.handler == nil {
		c.announce()
	}
	begin := false
	if c.mayInline() {
		c.inlined = true
	} else {
		begin = c.mustBegin()
	}
	c.mu.Unlock()
	if begin {
		if c.lone = last && !others; !c.lone {
			go c.begin()
		}
	}
	if turns != nil {
		c.queueForTurns(batch, last && !others && !begin)
	}
	if refused {
		c.refuse(batch)
	}
}

// refusal says why r is not taken; c.mu is held.
func (c *Conn) refusal(r *Request) error {
	switch set := c.set; {
	case c.ending != inUse:
		return ErrShuttingDown
	case c.running-c.leaving >= set.Requests:
		return fmt.Errorf("%w (limit %d)", ErrBusy, set.Requests)
	case c.running > c.leaving && c.pendingIn+r.size > set.PendingIn:
		return fmt.Errorf("%w (%d bytes, limit %d)", ErrBusy, c.pendingIn+r.size, set.PendingIn)
	}
	return nil
}

// refuse answers those of batch that are refused.
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

// mustBegin tells the caller that a goroutine has to look at the queue: it must
// see to it that begin runs; c.mu is held.
//
// Each handler has a goroutine for as long as it runs, but not each of them a
// new one: a goroutine first sees to the next one, so that no request waits for
// another's handler, and then handles requests until none is left. With many in
// flight and short handlers, two goroutines do the work of a batch.
func (c *Conn) mustBegin() bool {
	switch {
	case c.handler == nil || c.queue.len() == 0 || c.err != nil || c.begins || c.inline:
	case !c.mayBegin():
		c.hold()
	default:
		c.begins = true
		return true
	}
	return false
}

func (c *Conn) beginQueued() {
	if c.mustBegin() {
		go c.begin()
	}
}

// begin handles the requests that it finds in the queue.
func (c *Conn) begin() {
	c.mu.Lock()
	c.begins = false
	r := c.next()
	c.beginQueued()
	c.mu.Unlock()
	if r != nil {
		growStack(false)
		c.work(r)
	}
}

// work handles r, and then the requests that had to wait for their turn.
func (c *Conn) work(r *Request) {
	returned := false
	defer func() {
		if !returned { // r is answered, but its handler called runtime.Goexit
			if r = c.finished(r); r != nil {
				go c.work(r)
			}
		}
	}()
	for r != nil {
		if r.id&sampleMask == 0 {
			r.began = time.Now()
		}
		c.handler.Handle(r)
		r = c.finished(r)
	}
	returned = true
}

// finished says that the handler of r, which it frees, is done, and returns a
// request for its place.
func (c *Conn) finished(r *Request) *Request {
	c.mu.Lock()
	c.settled(r)
	if r.took > 0 {
		c.judge(r.took)
	}
	c.active--
	next := c.next()
	c.beginQueued()
	last := c.over && c.running == 0
	c.mu.Unlock()
	if last {
		c.set.Counters.leave(c)
	}
	r.Free()
	return next
}

// leaves says that r is about to be answered; c.mu is held. It counts for limits
// no more, since the peer may send its next one as soon as it has the answer, but
// it runs until the writer has the answer: Shutdown waits for that.
func (c *Conn) leaves(r *Request) {
	r.leaving = true
	c.leaving++
	c.pendingIn -= r.size
}

// stays takes back what leaves did; c.mu is held.
func (c *Conn) stays(r *Request) {
	r.leaving = false
	c.leaving--
	c.pendingIn += r.size
}

// settled says that r is answered or given up; c.mu is held.
func (c *Conn) settled(r *Request) {
	if r.leaving {
		c.stays(r)
	}
	c.pendingIn -= r.size
	c.countDown(1)
}

// countDown says that n requests are answered or given up; c.mu is held.
func (c *Conn) countDown(n int) {
	c.running -= n
	if c.running == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// Handle makes h answer all requests, also those that have already come. Values are
// encoded and decoded by reg from now on.
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

// growStack makes the stack large enough for its own frame, while there is
// little on it to be copied. Decoding, a call by reflection and encoding need
// several KiB, and growing to that step by step copies a stack with all of these
// on it: more than half of what a server did for a small call. It is never
// called with true, but the compiler cannot know that.
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
