package aiomas

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/excerpt"
	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

// ExceptionType is the name of a Python exception class. It is used in both directions:
// to return an exception from a handler, and to check for one in a caller:
//
//	return aiomas.ValueError.Errorf("no such unit: %q", unit)
//
//	if errors.Is(err, aiomas.ValueError) { … }
//
// As a target of errors.Is it matches a *[RemoteError] and an *[Exception] by the full
// name ("mypkg.errors.Bad") or its last part ("Bad"). It does not match subclasses,
// because Python sends only the name. Classes of a program's main module have no module
// name: a peer sees "Bad", not "__main__.Bad".
//
// An error type of your own can choose its Python type with a method
// PythonType() string; see [Exception].
type ExceptionType string

// The built-in exceptions that handlers return most often. Any other name can be used,
// too: ExceptionType("mypkg.Bad").
const (
	ArithmeticError     ExceptionType = "ArithmeticError"
	AssertionError      ExceptionType = "AssertionError"
	AttributeError      ExceptionType = "AttributeError"
	IndexError          ExceptionType = "IndexError"
	KeyError            ExceptionType = "KeyError"
	LookupError         ExceptionType = "LookupError"
	NotImplementedError ExceptionType = "NotImplementedError"
	PermissionError     ExceptionType = "PermissionError"
	RuntimeError        ExceptionType = "RuntimeError"
	TimeoutError        ExceptionType = "TimeoutError"
	TypeError           ExceptionType = "TypeError"
	ValueError          ExceptionType = "ValueError"
	// SerializationError is sent to the peer if a result cannot be encoded.
	SerializationError ExceptionType = "aiomas.exceptions.SerializationError"
)

// shuttingDown is the type by which a caller recognises [ErrShuttingDown]. Python does
// not have this class.
const shuttingDown ExceptionType = "aiomas_go.shutdown.ConnectionError"

func (t ExceptionType) Error() string { return string(t) }

// New returns an exception of type t.
func (t ExceptionType) New(message string) *Exception {
	return &Exception{Type: t, Message: message}
}

// Errorf returns an exception of type t with a formatted message. An error formatted
// with %w is its cause for errors.Is and errors.As on this side. If it is an error of
// this library, the message contains it without the prefixes "aiomas: " and "cannot
// decode".
func (t ExceptionType) Errorf(format string, args ...any) *Exception {
	err := fmt.Errorf(format, args...)
	e := &Exception{Type: t, Message: err.Error(), Err: errors.Unwrap(err)}
	if e.Err != nil {
		e.Message = strings.Replace(e.Message, e.Err.Error(), plain(e.Err), 1)
	}
	return e
}

// plain returns the text of err for a peer, without the prefixes of this package and of
// the codecs.
func plain(err error) string {
	text := strings.TrimPrefix(err.Error(), "aiomas: ")
	switch err.(type) { //nolint:errorlint // itself, not something that wraps it
	case *EncodeError:
		return strings.TrimPrefix(text, "cannot encode: ")
	case *DecodeError:
		return strings.TrimLeft(strings.TrimPrefix(text, "cannot decode"), ": ")
	}
	return text
}

func (t ExceptionType) matches(name string) bool {
	return name == string(t) || strings.HasSuffix(name, "."+string(t))
}

// Exception is an error that a Python peer receives as an exception of the given type.
// Other errors arrive as a RuntimeError, unless they have a method PythonType() string.
type Exception struct {
	Type    ExceptionType
	Message string
	Err     error // the cause, for this side only
}

func (e *Exception) Error() string {
	if e.Message == "" {
		return string(e.Type)
	}
	return string(e.Type) + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Exception) Unwrap() error { return e.Err }

// AsException returns the exception that a peer would receive if a function returned
// err, which must not be nil. It is for results that contain errors. Its Err is err.
func AsException(err error) *Exception {
	typ, msg := describeException(err)
	return &Exception{Type: ExceptionType(validUTF8(typ)), Message: validUTF8(msg), Err: err}
}

// Is matches an [ExceptionType].
func (e *Exception) Is(target error) bool {
	t, ok := target.(ExceptionType)
	return ok && t.matches(string(e.Type))
}

// formatException returns the text sent to a peer for err, which reads like a traceback
// and has "Type: message" as its last line, and this type and message. where is the
// function that failed.
func formatException(err error, where string, maxText int, stack bool) (text, typ, msg string) {
	x := traceback.Exception{}
	x.Type, x.Message = describeException(err)
	x.Message = excerpt.Of(x.Message, maxText)
	if where != "" {
		x.Frames = []traceback.Frame{{File: "<go>", Line: 1, Func: where}}
	}
	var p *PanicError
	if stack && errors.As(err, &p) {
		x.Frames = append(x.Frames, goFrames(p.Stack)...)
	}
	return validUTF8(traceback.Format(x)), x.Type, x.Message
}

// describeException returns the Python type and the message of err.
func describeException(err error) (typ, msg string) {
	if e, ok := err.(interface{ Exception() *Exception }); ok {
		err = e.Exception() // an error of package agent, in Python's words
	}
	var (
		ex     *Exception
		remote *RemoteError
		typed  interface{ PythonType() string }
		enc    *EncodeError
		dec    *DecodeError
	)
	msg = plain(err)
	switch {
	case errors.As(err, &typed):
		return typed.PythonType(), err.Error()
	case errors.As(err, &ex):
		if error(ex) == err { //nolint:errorlint // itself, not something that wraps it
			msg = ex.Message
		}
		return string(ex.Type), msg
	case errors.As(err, &remote):
		// As Python does: the other peer's traceback is the message.
		if error(remote) == err { //nolint:errorlint // itself, not something that wraps it
			msg = fmt.Sprintf("Origin: %s\n%s", remote.Origin, remote.Traceback)
		}
		return "aiomas.exceptions.RemoteException", msg
	case errors.As(err, &enc):
		return string(SerializationError), msg
	case errors.As(err, &dec):
		return string(TypeError), msg
	case errors.Is(err, context.DeadlineExceeded):
		return string(TimeoutError), msg
	case errors.Is(err, context.Canceled):
		return "asyncio.exceptions.CancelledError", msg
	case errors.Is(err, ErrConnection), errors.Is(err, ErrClosed):
		return "ConnectionError", msg
	}
	return string(RuntimeError), msg
}
