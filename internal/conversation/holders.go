package conversation

import (
	"sync"
	"sync/atomic"
)

// holders are the connections of the process that may delay results of turns. They are written before a later
// turn, of a request of any connection, makes a call: who receives both gets them in order.
var holders struct {
	count atomic.Int32
	mu    sync.Mutex
	list  []*Conn
}

// hold adds c to the holders, when it is busy and before it delays results of turns.
func (c *Conn) hold() {
	h := &holders
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.holder == 0 {
		h.list = append(h.list, c)
		c.holder = int32(len(h.list)) //nolint:gosec // a number of connections
		h.count.Add(1)
	}
}

// gone removes c, which has ended, from the holders.
func (c *Conn) gone() {
	h := &holders
	h.mu.Lock()
	defer h.mu.Unlock()
	c.unhold()
}

// released removes c from the holders, after it has written the results, unless it is busy again.
func (c *Conn) released() {
	h := &holders
	h.mu.Lock()
	defer h.mu.Unlock()
	if !c.inlining.busy.Load() {
		c.unhold()
	}
}

// unhold removes c from the holders; holders.mu is held.
func (c *Conn) unhold() {
	if c.holder == 0 {
		return
	}
	h := &holders
	last := len(h.list) - 1
	moved := h.list[last]
	moved.holder = c.holder
	h.list[c.holder-1] = moved
	h.list[last] = nil
	h.list = h.list[:last]
	c.holder = 0
	h.count.Add(-1)
}

// writeHeld writes the delayed results of all connections.
func writeHeld() {
	h := &holders
	if h.count.Load() == 0 {
		return
	}
	h.mu.Lock()
	list := append(make([]*Conn, 0, 8), h.list...)
	for _, c := range list {
		if !c.inlining.busy.Load() { // it is being written
			c.unhold()
		}
	}
	h.mu.Unlock()
	for _, c := range list {
		c.out.Hurry()
	}
}
