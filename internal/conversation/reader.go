package conversation

import (
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// frames is where a connection reads: a [frame.Reader], whose Next waits, or in a
// loop a [frame.TryReader].
type frames interface {
	Next() (payload []byte, mem *frame.Memory, err error)
	More() bool
	Begun() bool
	Release()
}

// reader is the reading side of a connection. One goroutine at a time reads, the
// reader goroutine: it has the token of role. Only it may use in, task and turn.
//
// The token is passed on when another goroutine is to read, and left with the
// connection's inlining while the reader goroutine runs handlers: whoever takes it
// from there reads on.
type reader struct {
	role    invariant.Role
	in      frames
	turn    *Request // what to handle for taskTurn
	started atomic.Bool
	heard   atomic.Bool // the peer has sent a frame
	task    task
}

// task is what the reader goroutine does after it has taken the messages of one read.
type task uint8

const (
	readOn     task = iota
	taskInline      // handle the queued requests, then read on; see inlining
	taskTurn        // leave the reading to another goroutine, and handle turn
	taskQueued      // leave the reading to another goroutine, and handle the queued request
)

// start makes the caller the first reader goroutine; false says that there was one.
func (r *reader) start() (t invariant.Token, first bool) {
	if r.started.Swap(true) {
		return t, false
	}
	return r.role.Take(), true
}

// plan makes t the task, unless there is a more urgent one. A task that leaves the
// reading to another goroutine comes with the last message of a read.
func (r *reader) plan(t task) { r.task = max(r.task, t) }

// planTurn makes it the task to handle turn; false says that there is another task.
func (r *reader) planTurn(turn *Request) bool {
	if r.task > taskInline {
		return false
	}
	r.task, r.turn = taskTurn, turn
	return true
}

// begin forgets the last task, at the beginning of a read, and tells whether that left
// the reading to another goroutine.
func (r *reader) begin() (handed bool) {
	handed = r.task > taskInline
	r.task = readOn
	return handed
}

// takeTurn returns the request of taskTurn.
func (r *reader) takeTurn() *Request {
	turn := r.turn
	invariant.Check(turn != nil, "a request that has its turn is handled once")
	r.turn = nil
	return turn
}
