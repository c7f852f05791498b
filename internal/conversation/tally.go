package conversation

import "sync"

// Tally counts what begins and ends on connections: calls, until their replies have
// come, also if nobody waits for these any more, and requests of the peers, until they
// are answered. Both counts only grow. The zero value is ready; any number of
// connections may share one.
type Tally struct {
	census
	begun, finished int64 // on no connection
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
		t.finished++
	})
}

// Counts returns the counts.
func (t *Tally) Counts() (begun, ended int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	total, calls, requests := t.sum()
	all := total.calls + total.requests
	return t.begun + all, t.finished + all - calls - requests - total.givenUp
}
