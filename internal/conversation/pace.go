package conversation

import "time"

// A request costs a peer a few bytes and its reply perhaps a megabyte: 500
// handlers begun at once would hold 500 results, whatever the peer reads. So a
// handler is begun only while what waits for the peer and what those that run
// will reply stay within half of Limits.PendingOut; the other half is for those
// that reply more, and for the garbage that they all leave. What a reply takes is
// estimated from those before.
//
// Handlers may wait for another one to begin, so none is held for ever: one is
// begun after each paceTime, and when none has ended in it the estimate is halved.
const paceTime = 20 * time.Millisecond

// firstEstimate is that of a new connection, as a part of Limits.PendingOut.
const firstEstimate = 64

// mayBegin tells whether one more handler may be begun; c.mu is held.
func (c *Conn) mayBegin() bool {
	half, expected := c.set.PendingOut/2, int64(c.active)*c.estimate
	switch {
	case !c.hasTurn() || c.out.Crowded():
		return false
	case expected <= half/64: // nearly always; spares a look at what is pending
		return true
	}
	return c.out.Pending()+expected < half
}

// hasTurn tells whether WithConcurrency allows one more handler; c.mu is held.
func (c *Conn) hasTurn() bool {
	return c.set.Concurrency == 0 || c.active < c.set.Concurrency
}

// replied learns from a reply of n bytes; c.mu is held.
func (c *Conn) replied(n int) {
	c.estimate += (int64(n) - c.estimate) / 8
	c.moving = true
}

// next returns the next request to begin, nil if there is none or it is held;
// c.mu is held.
func (c *Conn) next() *Request {
	if c.handler == nil || c.queue.len() == 0 || c.err != nil {
		return nil
	}
	if !c.mayBegin() {
		c.hold()
		return nil
	}
	return c.pop()
}

// pop takes the oldest request out of the queue, to be begun. One that needs a turn
// has to wait for that first, and pop returns nil.
func (c *Conn) pop() *Request {
	r := c.queue.pop()
	if r.queue != nil {
		c.rejoin(r)
		return nil
	}
	c.active++
	return r
}

// hold sees to it that what is held is begun in the end, though no handler may end
// and do it; c.mu is held.
func (c *Conn) hold() {
	if c.held == nil && c.hasTurn() {
		c.held = time.AfterFunc(paceTime, c.resume)
	}
}

func (c *Conn) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = nil
	if c.queue.len() > 0 && c.err == nil && c.hasTurn() && !c.out.Crowded() {
		if !c.moving {
			c.estimate /= 2
		}
		if r := c.pop(); r != nil {
			go c.work(r)
		}
	}
	c.moving = false
	c.beginQueued()
}
