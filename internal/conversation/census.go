package conversation

import "sync"

// counts are those that change with every call. Each connection has its own, under
// the lock that it takes anyway: cores that count into one place wait for each
// other, for as long as all the rest of a call takes.
type counts struct {
	calls, requests int64 // ever
	givenUp         int64 // calls without a caller whose replies have not come; see Tally
}

// census adds up the counts of connections.
type census struct {
	mu    sync.Mutex
	open  map[*Conn]struct{} // connections with counts of their own
	ended counts             // of connections that are not in open any more
}

// join has s count what c does.
func (s *census) join(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[*Conn]struct{})
	}
	s.open[c] = struct{}{}
}

// leave takes over the counts of c, which has ended, unless some of its handlers still
// run.
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

// sum returns the counts of all connections, ever, and the calls and requests of them
// that are open; s.mu is held.
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

// join has all that count what connections do count c, which begins.
func (c *Conn) join() {
	k := c.set.Counters
	k.Connections.Add(1)
	k.ConnectionsTotal.Add(1)
	k.join(c)
	for _, t := range c.set.Tallies {
		t.join(c)
	}
}

// leave is called when the connection has ended, and again by the last of its handlers.
func (c *Conn) leave() {
	c.mu.Lock()
	c.ending.finish()
	c.mu.Unlock()
	c.set.Counters.leave(c)
	for _, t := range c.set.Tallies {
		t.leave(c)
	}
}
