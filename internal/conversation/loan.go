package conversation

import (
	"sync"
)

// Loan guards values that a caller has lent to a call: its arguments and result. When an
// interceptor returns, its caller regains them, although next may still be running.
type Loan struct {
	mu   sync.Mutex // locked while the values are used
	over bool
}

// Use calls f, which uses the values. After End it returns ErrLateNext instead.
func (l *Loan) Use(f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return ErrLateNext
	}
	return f()
}

// End returns the values to the caller. It waits for a running Use.
func (l *Loan) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}
