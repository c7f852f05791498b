package conversation

import (
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// incoming is a message that has come.
type incoming struct {
	typ     codec.MessageType
	id      int64
	content []byte
	size    int           // of the whole message
	mem     *frame.Memory // that it is in and brings along; nil: it is in the read buffer
	err     error         // in place of a reply's content; why a request is refused

	call    *call       // that a reply is for
	request *Request    // made of it; it may be done once it is in a queue
	queue   *turn.Queue // whose turn it needs; nil: none
}

// deliver hands replies to the waiting calls.
func (c *Conn) deliver(batch ...incoming) {
	c.mu.Lock()
	for i := range batch {
		a := &batch[i]
		if a.call = c.calls.get(a.id); a.call != nil {
			c.remove(a.call)
		}
	}
	c.mu.Unlock()
	for i := range batch {
		c.handOver(&batch[i])
	}
}

func (c *Conn) handOver(a *incoming) {
	cl := a.call
	if cl == nil {
		// A late reply to a call that was given up, or nonsense: either way
		// nobody waits for it.
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

// batch holds messages of one kind that came with one read. They are taken
// together, under one turn of the lock that all calls and handlers share.
type batch struct {
	list []incoming
}

var batches = sync.Pool{New: func() any { return &batch{list: make([]incoming, 0, 32)} }}

// admit takes a, or adds it to held, which may be nil, if more messages have
// come already. It returns what is held back then.
func (c *Conn) admit(held *batch, a incoming) *batch {
	if held != nil && (a.typ == codec.Request) != (held.list[0].typ == codec.Request) {
		held = c.take(held, false)
	}
	more := c.in.More()
	if held == nil {
		if !more {
			if a.typ == codec.Request {
				c.dispatch(true, a)
			} else {
				c.deliver(a)
			}
			return nil
		}
		held = batches.Get().(*batch)
	}
	held.list = append(held.list, a)
	if !more || len(held.list) == cap(held.list) {
		return c.take(held, !more)
	}
	return held
}

// take takes what is held back, if that is not nil, and returns nil. The last
// messages of a read are last.
func (c *Conn) take(held *batch, last bool) *batch {
	if held == nil {
		return nil
	}
	if held.list[0].typ == codec.Request {
		c.dispatch(last, held.list...)
	} else {
		c.deliver(held.list...)
	}
	clear(held.list)
	held.list = held.list[:0]
	batches.Put(held)
	return nil
}
