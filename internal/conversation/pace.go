package conversation

import "time"

// A request of a few bytes may have a reply of a megabyte: 500 handlers that begin at once would make 500
// results, even if the peer does not read. So a handler begins only while the pending bytes and the expected
// replies of running handlers are below half of PendingOut; the other half is for larger replies, and for
// garbage. The size of a reply is estimated from earlier ones.
//
// Since handlers may wait for another one to begin, none is delayed for ever: after each paceTime one begins,
// and if there was no reply in this time, the estimate is halved.
const paceTime = 20 * time.Millisecond

// firstEstimate is the initial estimate, as a fraction of PendingOut.
const firstEstimate = 64

// pace estimates how many handlers may run at the same time; Conn.mu guards it.
type pace struct {
	estimate int64       // bytes of a reply
	replied  bool        // there was a reply since the timer last expired
	timer    *time.Timer // begins a handler; nil: none
}

func newPace(limit int64) pace { return pace{estimate: limit / firstEstimate} }

// reply updates the estimate with a reply of n bytes.
func (p *pace) reply(n int) {
	p.estimate += (int64(n) - p.estimate) / 8
	p.replied = true
}

// small reports whether the replies of the running handlers are far below the limit. It is nearly always
// true, and saves a look at the pending bytes.
func (p *pace) small(running int, limit int64) bool {
	return int64(running)*p.estimate <= limit/128
}

// fits reports whether the limit has room for another reply, besides those of the running handlers and the
// pending bytes.
func (p *pace) fits(running int, pending, limit int64) bool {
	return pending+int64(running)*p.estimate < limit/2
}

// expired is called when the timer has expired, and reports whether there was a reply since it last did.
func (p *pace) expired() (replied bool) {
	p.timer = nil
	replied = p.replied
	p.replied = false
	return replied
}

// halve reduces the estimate, because there was no reply.
func (p *pace) halve() { p.estimate /= 2 }

// mayBegin reports whether another handler may begin; c.mu is held.
func (c *Conn) mayBegin() bool {
	running, limit := int(c.ledger.running), c.set.PendingOut
	switch {
	case !c.hasPlace() || c.out.Crowded():
		return false
	case c.pace.small(running, limit):
		return true
	}
	return c.pace.fits(running, c.out.Pending(), limit)
}

// hasPlace reports whether WithConcurrency allows another handler; c.mu is held.
func (c *Conn) hasPlace() bool {
	return c.set.Concurrency == 0 || int(c.ledger.running) < c.set.Concurrency
}

// next returns the next request to handle, or nil if there is none or it may not begin yet; c.mu is held.
func (c *Conn) next() *Request {
	if c.handler == nil || c.err != nil {
		return nil
	}
	for c.queue.Len() > 0 {
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

// pop removes the oldest request from the queue and returns it. If it has to wait for its turn first, pop
// returns nil.
func (c *Conn) pop() *Request {
	r := c.queue.Pop()
	switch {
	case r.queue == nil:
	case r.aside:
		c.rejoin(r)
		return nil
	case !c.takesTurn(r):
		return nil
	}
	c.runs(r)
	return r
}

// beginLater makes sure that queued requests begin eventually even if no handler ends; c.mu is held.
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
	if c.queue.Len() > 0 && c.err == nil && c.hasPlace() && !c.out.Crowded() {
		if !replied {
			c.pace.halve()
		}
		if r := c.pop(); r != nil {
			go c.work(r)
		}
	}
	c.beginQueued()
}
