package conversation

import "sync"

// counts are the counters that change with every call. Each connection has its own, under its
// own lock: a shared counter would be a point of contention between cores, which takes as long
// as the rest of a call.
type counts struct {
	calls, requests int64 // so far
	givenUp         int64 // calls given up whose replies have not arrived; see Tally
}

// census adds up the counts of connections.
type census struct {
	mu    sync.Mutex
	open  map[*Conn]struct{} // connections whose counts are not in ended
	ended counts             // sum of the connections removed from open
}

// join adds c.
func (s *census) join(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[*Conn]struct{})
	}
	s.open[c] = struct{}{}
}

// leave moves the counts of c to ended, unless handlers of c still run; c has ended.
func (s *census) leave(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := s.open[c]; ok && c.ledger.open == 0 {
		delete(s.open, c)
		s.ended.calls += c.count.calls
		s.ended.requests += c.count.requests
	}
}

// sum returns the counts of all connections so far, and the calls and requests in progress;
// s.mu is held.
func (s *census) sum() (total counts, calls, requests int64) {
	total = s.ended
	for c := range s.open {
		c.mu.Lock()
		total.calls += c.count.calls
		total.requests += c.count.requests
		total.givenUp += c.count.givenUp
		calls += int64(c.calls.len())
		requests += int64(c.ledger.open)
		c.mu.Unlock()
	}
	return total, calls, requests
}

// join adds c, which begins, to the Counters and Tallies of its settings.
func (c *Conn) join() {
	k := c.set.Counters
	k.Connections.Add(1)
	k.ConnectionsTotal.Add(1)
	k.join(c)
	for _, t := range c.set.Tallies {
		t.join(c)
	}
}

// leave is called when the connection has ended, and again when its last handler has.
func (c *Conn) leave() {
	c.mu.Lock()
	c.ending.finish()
	c.mu.Unlock()
	c.set.Counters.leave(c)
	for _, t := range c.set.Tallies {
		t.leave(c)
	}
}
