package aiomas

import (
	"errors"
	"fmt"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/errtext"
)

// ErrClosed means that this end closed the connection or server. ErrConnection matches
// every *[ConnectionError]. ErrShuttingDown matches the *[RemoteError] of a call that a
// Go peer refused, and did not run, because it is shutting down. It is recognised by
// the type of the exception, so it also matches an exception of this type that a
// function raised itself.
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

// ErrLateNext is returned by the next function of an interceptor if the interceptor has
// already returned or the call was given up, so that the arguments and the result must
// no longer be used.
var ErrLateNext = conversation.ErrLateNext

// EncodeError means that a value cannot be encoded. Nothing was sent, and the connection
// stays usable. It is Python's SerializationError.
type EncodeError = codec.EncodeError

// DecodeError means that a received value is malformed or does not fit its Go target.
// One call fails, and the connection stays usable.
type DecodeError = codec.DecodeError

// ConnectionError is returned by calls that were waiting for a reply when the connection
// ended, and by calls made afterwards. Unless Unsent is true, the peer may or may not
// have run the call. It matches [ErrConnection] and its cause, for example [ErrClosed]
// if this end closed the connection, io.EOF if the peer did, or a *[ProtocolError].
// Python raises ConnectionError or ConnectionResetError.
type ConnectionError struct {
	Peer   string // the peer's address
	Unsent bool   // no part of the call was passed to the system
	Err    error  // why the connection ended
}

func (e *ConnectionError) Error() string {
	return fmt.Sprintf("aiomas: connection to %s ended: %s", e.Peer, errtext.Of(e.Err))
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Is makes every ConnectionError match ErrConnection.
func (e *ConnectionError) Is(target error) bool { return target == ErrConnection }

// ProtocolError means that the peer broke the protocol. The connection ends, since the
// bytes after a malformed frame cannot be interpreted.
type ProtocolError struct {
	Peer   string // the peer's address
	Reason string // what was received, and which protocol the peer probably speaks
	Err    error  // the cause; may be nil
}

func (e *ProtocolError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("aiomas: %s broke the protocol: %s: %s", e.Peer, e.Reason, errtext.Of(e.Err))
	}
	return fmt.Sprintf("aiomas: %s broke the protocol: %s", e.Peer, e.Reason)
}

// Unwrap returns the cause.
func (e *ProtocolError) Unwrap() error { return e.Err }

// callError adds the call to an *[EncodeError] or *[DecodeError].
type callError struct {
	call, peer string
	err        error
}

func (e *callError) Error() string {
	return fmt.Sprintf("aiomas: %s at %s: %s", e.call, e.peer, errtext.Of(e.err))
}

func (e *callError) Unwrap() error { return e.err }

// hint explains an exception in the log of this end. It is not sent: the peer receives
// only Python's text.
type hint struct{ text string }

func (h *hint) Error() string { return h.text }

// PanicError is a panic in a handler or callback. The peer's call fails with it as an
// exception; nothing else is affected.
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
