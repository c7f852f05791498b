package conversation

import (
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/ring"
)

// starts are the requests of a connection that have their turns and wait for a goroutine. A goroutine for each
// of them would cost as much as a quick handler. So a goroutine first starts the next one, if there are more
// requests, so that no request waits for the handler of another, and then handles requests until none is left,
// as in mustBegin.
type starts struct {
	mu    sync.Mutex
	list  ring.Queue[*Request]
	begun bool // a goroutine is about to take a request; true if list is not empty
}

// Start implements [turn.Task].
func (r *Request) Start() {
	s := &r.conn.starts
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list.Push(r)
	s.begin()
}

// begin starts a goroutine if one is needed; s.mu is held.
func (s *starts) begin() {
	if s.list.Len() > 0 && !s.begun {
		s.begun = true
		go s.run()
	}
}

// run handles requests until none is left.
func (s *starts) run() {
	growStack(false)
	for r := s.next(true); r != nil; r = s.next(false) {
		runTurns(r)
	}
}

// next returns the next request, or nil. first is true for the first call of a goroutine.
func (s *starts) next(first bool) (r *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first {
		s.begun = false
	}
	if s.list.Len() > 0 {
		r = s.list.Pop()
	}
	s.begin()
	return r
}
