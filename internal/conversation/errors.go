package conversation

import (
	"errors"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Errors that package aiomas exports.
var (
	ErrClosed         = errors.New("aiomas: closed")
	ErrAlreadyReplied = errors.New("aiomas: request was already replied to")
	ErrBusy           = errors.New("aiomas: too many requests at once")
	ErrIdle           = errors.New("aiomas: idle")
	ErrTooLate        = errors.New("aiomas: reply dropped, its deadline has passed")
	ErrLateNext       = errors.New("aiomas: next outlived its interceptor")
	// ErrShuttingDown is the reason for which this end refuses a request.
	ErrShuttingDown = errors.New("the peer is shutting down")
)

// Violation means that the peer broke the protocol.
type Violation struct {
	Reason string
	Err    error // may be nil
}

func (v *Violation) Error() string { return "protocol broken: " + v.Reason }

// Unwrap returns the cause.
func (v *Violation) Unwrap() error { return v.Err }

// UnreadableError means that the content of a request cannot be decoded.
type UnreadableError struct{ Err *codec.DecodeError }

func (e *UnreadableError) Error() string { return "the request cannot be read: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnreadableError) Unwrap() error { return e.Err }

func isEncodeError(err error) bool {
	var e *codec.EncodeError
	return errors.As(err, &e)
}
