package aiomas

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Errors of this package. ErrClosed says that this end closed the connection or
// server; ErrConnection matches every *[ConnectionError]. ErrShuttingDown matches
// the *[RemoteError] of a call that a Go peer refused because it is shutting down:
// it did not run the call. That goes by the exception's type, so a function that
// raises one of the same type cannot be told from it.
var (
	ErrClosed         = conversation.ErrClosed
	ErrConnection     = errors.New("aiomas: connection error")
	ErrServerClosed   = errors.New("aiomas: server closed")
	ErrAlreadyReplied = conversation.ErrAlreadyReplied
	ErrShuttingDown   = errors.New("aiomas: the peer is shutting down")
	ErrBusy           = conversation.ErrBusy
	ErrIdle           = conversation.ErrIdle
	ErrTooLate        = conversation.ErrTooLate
)

// ErrLateNext is what the next of an interceptor returns when that has returned
// already, or the call was given up: what it would work on is not there any more.
var ErrLateNext = conversation.ErrLateNext

// EncodeError says that a value cannot be sent: nothing was written, the
// connection lives. Python's name for it is SerializationError.
type EncodeError = codec.EncodeError

// DecodeError says that a value that arrived does not fit its Go target, or is
// malformed: the call fails, the connection lives.
type DecodeError = codec.DecodeError

// ConnectionError is what calls get that a connection's end left without a
// reply, and calls made after it. Whether the peer ran the call is then
// unknown, unless Unsent is true. It matches [ErrConnection], and by its cause
// for example [ErrClosed] when this end closed it, io.EOF when the peer did, or
// a *[ProtocolError]. Python raises ConnectionError or ConnectionResetError.
type ConnectionError struct {
	Peer   string // the peer's address
	Unsent bool   // nothing of the call was handed to the network
	Err    error  // why the connection ended
}

func (e *ConnectionError) Error() string {
	return fmt.Sprintf("aiomas: connection to %s ended: %s", e.Peer, strings.TrimPrefix(fmt.Sprint(e.Err), "aiomas: "))
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Is makes every ConnectionError match ErrConnection.
func (e *ConnectionError) Is(target error) bool { return target == ErrConnection }

// ProtocolError says how the peer broke the protocol. The connection ends: where
// a frame cannot be trusted, nothing after it can.
type ProtocolError struct {
	Peer   string // the peer's address
	Reason string // what came, and a guess at what the peer speaks instead
	Err    error  // the cause, if it has a type of its own
}

func (e *ProtocolError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("aiomas: %s broke the protocol: %s: %v", e.Peer, e.Reason, e.Err)
	}
	return fmt.Sprintf("aiomas: %s broke the protocol: %s", e.Peer, e.Reason)
}

// Unwrap returns the cause.
func (e *ProtocolError) Unwrap() error { return e.Err }

// callError says of which call an *[EncodeError] or *[DecodeError] is.
type callError struct {
	call, peer string
	err        error
}

func (e *callError) Error() string {
	return fmt.Sprintf("aiomas: %s at %s: %s", e.call, e.peer, strings.TrimPrefix(e.err.Error(), "aiomas: "))
}

func (e *callError) Unwrap() error { return e.err }

// hint is the cause of an exception, for the log of this end: the peer gets what
// Python says, and no more.
type hint struct{ text string }

func (h *hint) Error() string { return h.text }

// PanicError is a panic in a handler or callback. The peer's call gets it as an
// exception; nothing else is touched.
type PanicError struct {
	Value any    // what was passed to panic; nil for runtime.Goexit
	Stack []byte // the Go stack, as runtime/debug.Stack gives it
}

func (e *PanicError) Error() string {
	if e.Value == nil {
		return "panic: the handler called runtime.Goexit"
	}
	return fmt.Sprintf("panic: %v", e.Value)
}

// Unwrap returns the panic's value if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
