package conversation

import (
	"sync"
)

// Loan guards what a caller has lent to a call for as long as that lasts, its
// arguments and the variable for its result: an interceptor can return, and the
// caller have both back, while next still runs.
type Loan struct {
	mu   sync.Mutex // held while they are used
	over bool
}

// Use runs f, which uses them, unless they were given back: then it returns
// ErrLateNext.
func (l *Loan) Use(f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return ErrLateNext
	}
	return f()
}

// End gives them back. It waits for a use under way.
func (l *Loan) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}
