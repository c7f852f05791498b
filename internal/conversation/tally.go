package conversation

import "sync"

// Tally counts what begins and ends on connections: calls, until their replies have
// come, also if nobody waits for these any more, and requests of the peers, until they
// are answered. Both counts only grow. The zero value is ready; any number of
// connections may share one.
type Tally struct {
	mu           sync.Mutex
	open         map[*Conn]struct{}
	begun, ended int64 // on connections that are not in open any more, and elsewhere
}

// Begin counts something that is on no connection, until the end that it returns is
// called, which does something once.
func (t *Tally) Begin() (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.ended++
	})
}

// Counts returns the counts.
func (t *Tally) Counts() (begun, ended int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	begun, ended = t.begun, t.ended
	for c := range t.open {
		c.mu.Lock()
		b := c.count.calls + c.count.requests
		begun += b
		ended += b - int64(c.calls.len()+c.ledger.open) - c.count.givenUp
		c.mu.Unlock()
	}
	return begun, ended
}

func (t *Tally) join(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = make(map[*Conn]struct{})
	}
	t.open[c] = struct{}{}
}

// leave takes over the counts of c, which has ended, unless some of its handlers still
// run.
func (t *Tally) leave(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := t.open[c]; ok && c.ledger.open == 0 {
		delete(t.open, c)
		t.begun += c.count.calls + c.count.requests
		t.ended += c.count.calls + c.count.requests
	}
}

// leave is called when the connection has ended, and again by the last of its handlers.
func (c *Conn) leave() {
	c.set.Counters.leave(c)
	for _, t := range c.set.Tallies {
		t.leave(c)
	}
}
