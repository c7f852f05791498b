package conversation

import (
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// frames is the source of frames of a connection: a [frame.Reader], whose Next blocks, or for
// connections read by a loop a [frame.TryReader].
type frames interface {
	Next() (payload []byte, mem *frame.Memory, err error)
	More() bool
	Begun() bool
	Release()
}

// reader is the reading side of a connection. One goroutine at a time is the reader goroutine: it
// has the token of role. Only it may use in, task and turn.
//
// The token is passed on when another goroutine becomes the reader goroutine. While the reader
// goroutine runs handlers, the token is kept in the connection's inlining; the goroutine that
// takes it from there becomes the reader goroutine.
type reader struct {
	role   invariant.Role
	in     frames
	turn   *Request      // the request for taskTurn
	passed atomic.Uint32 // started, heard
	task   task
}

// Bits of reader.passed.
const (
	started = 1 << iota
	heard   // the peer has sent a frame
)

// task is the next step of the reader goroutine after it has processed a read.
type task uint8

const (
	readOn     task = iota
	taskRest        // let callers read; see direct
	taskInline      // handle the queued requests, then read on; see inlining
	taskTurn        // pass the reading to another goroutine, and handle turn
	taskQueued      // pass the reading to another goroutine, and handle the queued request
)

// start makes the caller the reader goroutine. It returns false if there already is one.
func (r *reader) start() (t invariant.Token, first bool) {
	if r.passed.Or(started)&started != 0 {
		return t, false
	}
	return r.role.Take(), true
}

// plan makes t the task, unless there is a more urgent one. A task that passes the reading to
// another goroutine comes with the last message of a read.
func (r *reader) plan(t task) { r.task = max(r.task, t) }

// planTurn makes handling turn the task. It returns false if there is another task.
func (r *reader) planTurn(turn *Request) bool {
	if r.task > taskInline {
		return false
	}
	r.task, r.turn = taskTurn, turn
	return true
}

// begin clears the task at the beginning of a read, and reports whether the last one has passed the
// reading to another goroutine.
func (r *reader) begin() (handed bool) {
	handed = r.task > taskInline
	r.task = readOn
	return handed
}

// takeTurn returns the request for taskTurn.
func (r *reader) takeTurn() *Request {
	turn := r.turn
	invariant.Check(turn != nil, "a request that has its turn is handled once")
	r.turn = nil
	return turn
}
