package conversation

import "time"

// A request costs a peer a few bytes and its reply perhaps a megabyte: 500
// handlers begun at once would make 500 results, whatever the peer reads. So a
// handler is begun only while what waits for the peer and what the handlers running
// will reply stay within half of Limits.PendingOut; the other half is for those
// that reply more, and for the garbage that they all leave. What a reply takes is
// estimated from those before.
//
// Handlers may wait for another one to begin, so none waits for ever: one is begun
// after each paceTime, and when there was no reply in it the estimate is halved.
const paceTime = 20 * time.Millisecond

// firstEstimate is that of a new connection, as a part of Limits.PendingOut.
const firstEstimate = 64

// pace estimates how many handlers may run at once; Conn.mu guards it.
type pace struct {
	estimate int64       // bytes of a reply
	replied  bool        // there was a reply since the timer has last run out
	timer    *time.Timer // will begin a handler; nil: none
}

func newPace(limit int64) pace { return pace{estimate: limit / firstEstimate} }

// reply learns from a reply of n bytes.
func (p *pace) reply(n int) {
	p.estimate += (int64(n) - p.estimate) / 8
	p.replied = true
}

// small tells that the replies of so many handlers are no matter of the limit: nearly
// always, which spares a look at what is pending.
func (p *pace) small(running int, limit int64) bool {
	return int64(running)*p.estimate <= limit/128
}

// fits tells whether the replies of so many handlers and what is pending leave room
// for another reply.
func (p *pace) fits(running int, pending, limit int64) bool {
	return pending+int64(running)*p.estimate < limit/2
}

// expired says that the timer has run out, and returns whether there was a reply
// meanwhile.
func (p *pace) expired() (replied bool) {
	p.timer = nil
	replied = p.replied
	p.replied = false
	return replied
}

// halve expects less of a reply, because none has come.
func (p *pace) halve() { p.estimate /= 2 }

// mayBegin tells whether one more handler may be begun; c.mu is held.
func (c *Conn) mayBegin() bool {
	running, limit := c.ledger.running, c.set.PendingOut
	switch {
	case !c.hasPlace() || c.out.Crowded():
		return false
	case c.pace.small(running, limit):
		return true
	}
	return c.pace.fits(running, c.out.Pending(), limit)
}

// hasPlace tells whether WithConcurrency allows one more handler; c.mu is held.
func (c *Conn) hasPlace() bool {
	return c.set.Concurrency == 0 || c.ledger.running < c.set.Concurrency
}

// next returns the next request to begin, nil if there is none or it may not begin
// yet; c.mu is held.
func (c *Conn) next() *Request {
	if c.handler == nil || c.err != nil {
		return nil
	}
	for c.queue.len() > 0 {
		if !c.mayBegin() {
			c.beginLater()
			return nil
		}
		if r := c.pop(); r != nil {
			return r
		}
	}
	return nil
}

// pop takes the oldest request out of the queue, to be begun. If it has to wait for its
// turn first, pop returns nil.
func (c *Conn) pop() *Request {
	r := c.queue.pop()
	switch {
	case r.queue == nil:
	case r.aside:
		c.rejoin(r)
		return nil
	case !c.takesTurn(r):
		return nil
	}
	c.ledger.run()
	return r
}

// beginLater sees to it that what is queued is begun in the end, though no handler may
// end and do it; c.mu is held.
func (c *Conn) beginLater() {
	if c.pace.timer == nil && c.hasPlace() {
		c.pace.timer = time.AfterFunc(paceTime, c.beginOne)
	}
}

// beginOne begins one request after paceTime.
func (c *Conn) beginOne() {
	c.mu.Lock()
	defer c.mu.Unlock()
	replied := c.pace.expired()
	if c.queue.len() > 0 && c.err == nil && c.hasPlace() && !c.out.Crowded() {
		if !replied {
			c.pace.halve()
		}
		if r := c.pop(); r != nil {
			go c.work(r)
		}
	}
	c.beginQueued()
}
