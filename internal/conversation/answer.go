package conversation

import (
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// answer is the state of the one answer to a request. It is safe for concurrent use.
type answer struct {
	claimed atomic.Bool // Reply or Fail was called
	sent    atomic.Bool // passed to the writer, or too late
}

// claim gives the caller the right to answer, by Reply or Fail. It returns false if another
// caller has it.
func (a *answer) claim() bool { return !a.claimed.Swap(true) }

// release gives the right up, so that another caller can answer.
func (a *answer) release() { a.claimed.Store(false) }

// send records that the answer is passed to the writer.
func (a *answer) send() {
	again := a.sent.Swap(true)
	invariant.Check(!again, "a request is answered once")
}

// unsend records that the writer did not accept the answer.
func (a *answer) unsend() { a.sent.Store(false) }

// drop records that there will be no answer, because it is too late.
func (a *answer) drop() { a.sent.Store(true) }

// wasSent reports whether there must not be another answer.
func (a *answer) wasSent() bool { return a.sent.Load() }
