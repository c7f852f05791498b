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
		} else if c.count.givenUp > 0 {
			c.count.givenUp--
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

// batch collects messages of one kind that came with one read. They are taken
// together, with the lock that all calls and handlers share locked once.
type batch struct {
	list []incoming
}

var batches = sync.Pool{New: func() any { return &batch{list: make([]incoming, 0, 32)} }}

// admit takes a, or adds it to b, which may be nil, if more messages have come
// already. It returns the batch that is to be taken later; nil: none.
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

// take takes the messages of b, which may be nil, and returns nil. The last messages
// of a read are last.
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
