package conversation

import (
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// incoming is a received message.
type incoming struct {
	typ     codec.MessageType
	id      int64
	content []byte
	size    int           // of the whole message
	mem     *frame.Memory // memory of the message, to be taken over; nil: it is in the read buffer
	err     error         // of a reply that cannot be read, or with which a request is refused

	call    *call       // the call that a reply belongs to
	request *Request    // made of the message; not to be used once it is queued
	queue   *turn.Queue // whose turn the request needs; nil: none
}

// deliver passes replies to the pending calls.
func (c *Conn) deliver(batch ...incoming) {
	c.mu.Lock()
	for i := range batch {
		a := &batch[i]
		if a.call = c.calls.get(a.id); a.call != nil {
			c.remove(a.call)
		} else if c.count.givenUp > 0 {
			c.count.givenUp--
		}
	}
	if c.mayRest() {
		c.reader.plan(taskRest)
	}
	c.mu.Unlock()
	for i := range batch {
		c.handOver(&batch[i])
	}
}

func (c *Conn) handOver(a *incoming) {
	cl := a.call
	if cl == nil {
		// A late reply to a call that was given up, or an id that was never used:
		// no call waits for it.
		c.set.Counters.repliesDropped.Add(1)
		c.Log.Debug("reply to no call dropped", "id", a.id)
		return
	}
	cl.typ, cl.err = a.typ, a.err
	if a.mem != nil {
		cl.raw, cl.mem = a.content, a.mem
	} else {
		cl.buf = append(cl.buf[:0], a.content...)
		cl.raw = cl.buf
	}
	cl.finish()
}

// batch collects messages of one kind that arrived in one read. They are processed together, to
// lock the mutex shared by all calls and handlers once.
type batch struct {
	list []incoming
}

var batches = sync.Pool{New: func() any { return &batch{list: make([]incoming, 0, 32)} }}

// admit processes a, or adds it to b, which may be nil, if more messages have been read. It
// returns the batch to be processed later, or nil.
func (c *Conn) admit(b *batch, a incoming) *batch {
	if b != nil && (a.typ == codec.Request) != (b.list[0].typ == codec.Request) {
		b = c.take(b, false)
	}
	more := c.reader.in.More()
	if b == nil {
		if !more {
			if a.typ == codec.Request {
				c.dispatch(true, a)
			} else {
				c.deliver(a)
			}
			return nil
		}
		b = batches.Get().(*batch)
	}
	b.list = append(b.list, a)
	if !more || len(b.list) == cap(b.list) {
		return c.take(b, !more)
	}
	return b
}

// take processes the messages of b, which may be nil, and returns nil. last is true for the last
// messages of a read.
func (c *Conn) take(b *batch, last bool) *batch {
	if b == nil {
		return nil
	}
	if b.list[0].typ == codec.Request {
		c.dispatch(last, b.list...)
	} else {
		c.deliver(b.list...)
	}
	clear(b.list)
	b.list = b.list[:0]
	batches.Put(b)
	return nil
}
