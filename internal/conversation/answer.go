package conversation

import (
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// answer is how far the one answer to a request is. It is safe for concurrent use.
type answer struct {
	claimed atomic.Bool // Reply or Fail was called
	sent    atomic.Bool // it was handed to the writer, or is too late
}

// claim makes the caller the only one who may answer, by Reply or Fail. False says
// that somebody else is.
func (a *answer) claim() bool { return !a.claimed.Swap(true) }

// release lets somebody else answer.
func (a *answer) release() { a.claimed.Store(false) }

// send says that the answer is handed to the writer.
func (a *answer) send() {
	again := a.sent.Swap(true)
	invariant.Check(!again, "a request is answered once")
}

// unsend says that the writer did not take it.
func (a *answer) unsend() { a.sent.Store(false) }

// drop says that there will be no answer, because it is too late.
func (a *answer) drop() { a.sent.Store(true) }

// wasSent tells whether there must not be another answer.
func (a *answer) wasSent() bool { return a.sent.Load() }
