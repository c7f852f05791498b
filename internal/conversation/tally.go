package conversation

import "sync/atomic"

// Tally counts calls, from their start until their replies have arrived, even if no goroutine
// waits for them any more, and requests of the peers, from their arrival until they are answered.
// Both counts only grow. The zero value is ready to use. Any number of connections can share one.
type Tally struct {
	census
	begun, finished int64 // not of connections
}

// Begin counts an operation that belongs to no connection, until the first call of end.
func (t *Tally) Begin() (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun++
	var over atomic.Bool
	return func() {
		if !over.Swap(true) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.finished++
		}
	}
}

// Counts returns how many operations have begun and ended.
func (t *Tally) Counts() (begun, ended int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	total, calls, requests := t.sum()
	all := total.calls + total.requests
	return t.begun + all, t.finished + all - calls - requests - total.givenUp
}
