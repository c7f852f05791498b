package aiomas

import (
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// arrival is a reply that has come, or the error err in its place, for call.
type arrival struct {
	typ     codec.MessageType
	id      int64
	content []byte
	owned   []byte
	err     error
	call    *call
}

// deliver hands replies to the waiting calls.
func (c *Channel) deliver(batch ...arrival) {
	c.mu.Lock()
	for i := range batch {
		a := &batch[i]
		a.call = c.calls[a.id]
		delete(c.calls, a.id)
	}
	c.mu.Unlock()
	for i := range batch {
		c.handOver(&batch[i])
	}
}

func (c *Channel) handOver(a *arrival) {
	cl := a.call
	if cl == nil {
		// A late reply to a call that was given up, or nonsense: either way
		// nobody waits for it.
		c.cfg.metrics.repliesDropped.Add(1)
		c.log.debug("reply to no call dropped", "id", a.id)
		return
	}
	cl.typ, cl.err = a.typ, a.err
	if a.owned != nil {
		cl.raw, cl.own = a.content, a.owned
	} else {
		cl.buf = append(cl.buf[:0], a.content...)
		cl.raw = cl.buf
	}
	cl.done <- struct{}{}
}

// replies are those that came with one read. They are handed over together,
// under one turn of the lock that all callers share.
type replies struct {
	list []arrival
}

var replyLists = sync.Pool{New: func() any { return &replies{list: make([]arrival, 0, 32)} }}

// add returns r, or a new list, with a.
func (r *replies) add(a arrival) *replies {
	if r == nil {
		r = replyLists.Get().(*replies)
	}
	r.list = append(r.list, a)
	return r
}

// deliverAll hands over what is in r, if it is not nil, and returns nil.
func (c *Channel) deliverAll(r *replies) *replies {
	if r != nil {
		c.deliver(r.list...)
		clear(r.list)
		r.list = r.list[:0]
		replyLists.Put(r)
	}
	return nil
}
