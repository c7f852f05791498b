package aiomas

import (
	"errors"
	"sync"
)

// ErrLateNext is what the next of an interceptor returns when that has returned
// already, or the call was given up: what it would work on is not there any more.
var ErrLateNext = errors.New("aiomas: next outlived its interceptor")

// loan guards what a caller has lent to a call for as long as that lasts, its
// arguments and the variable for its result: an interceptor can return, and the
// caller have both back, while next still runs.
type loan struct {
	mu   sync.Mutex // held while they are used
	over bool
}

// use runs f, which uses them, unless they were given back: then it returns
// ErrLateNext.
func (l *loan) use(f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return ErrLateNext
	}
	return f()
}

// end gives them back. It waits for a use under way.
func (l *loan) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}
