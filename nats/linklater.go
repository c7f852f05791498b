package nats

import (
	"net"
	"sync"
)

// operations are operations of the NATS client that its Write has left to another goroutine.
//
// A connection to a NATS server in this process has no memory of its own, as sockets have: a
// write waits for the server to read, and the server, to read, for the client to read what it
// has written. The client holds its lock while it writes, and needs it to handle some of what
// it reads.
type operations struct {
	mu         sync.Mutex
	cond       sync.Cond // something has changed
	waiting    []byte
	spare      []byte
	subscribes bool // the transport's subscription is among those that wait
	over       bool
}

// mostLater is the number of waiting bytes at which put waits.
const mostLater = 1 << 20

func newOperations() *operations {
	o := new(operations)
	o.cond.L = &o.mu
	return o
}

func (o *operations) put(p []byte, subscribes bool) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) >= mostLater && !o.over {
		o.cond.Wait()
	}
	if o.over {
		return 0, net.ErrClosed
	}
	o.waiting = append(o.waiting, p...)
	o.subscribes = o.subscribes || subscribes
	o.cond.Broadcast()
	return len(p), nil
}

// take returns what waits. It is to be given back by recycle.
func (o *operations) take() (b []byte, subscribes bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		return nil, false
	}
	b, subscribes = o.waiting, o.subscribes
	o.waiting, o.spare, o.subscribes = o.spare[:0], nil, false
	o.cond.Broadcast()
	return b, subscribes
}

func (o *operations) recycle(b []byte) {
	if cap(b) > linkBuffer {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.spare = b
}

// wait waits until there is something, and reports whether it is not over.
func (o *operations) wait() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) == 0 && !o.over {
		o.cond.Wait()
	}
	return !o.over
}

func (o *operations) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.cond.Broadcast()
}

// writeLater runs in the goroutine that writes operations of the client, which ends with the
// link.
func (l *link) writeLater() {
	for l.later.wait() {
		l.mu.Lock()
		_ = l.writeFirst()
		l.mu.Unlock()
	}
}

// writeFirst writes operations that wait, before others are written; mu is held.
func (l *link) writeFirst() error {
	if l.dead {
		return net.ErrClosed
	}
	if l.later == nil {
		return nil
	}
	b, subscribes := l.later.take()
	if len(b) == 0 {
		return nil
	}
	err := l.write(b)
	l.later.recycle(b)
	if subscribes {
		l.begin()
	}
	return err
}
