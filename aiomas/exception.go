package aiomas

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/excerpt"
	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

// ExceptionType names a Python exception class, for both directions. A handler
// returns exceptions of a type, a caller asks for it:
//
//	return aiomas.ValueError.Errorf("no such unit: %q", unit)
//
//	if errors.Is(err, aiomas.ValueError) { … }
//
// As a target of errors.Is it matches a *[RemoteError] and an *[Exception] by
// the full name ("mypkg.errors.Bad") or by its last part ("Bad"). Subclasses
// are not known to it: Python sends the name only. A class of a program's main
// module has no module name: a peer sees "Bad", not "__main__.Bad".
//
// An error type of your own says what it is in Python by a method
// PythonType() string; see [Exception].
type ExceptionType string

// The built-in exceptions that handlers return most often. Any other name can
// be used: ExceptionType("mypkg.Bad").
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
	// SerializationError is what a peer gets when a result cannot be encoded.
	SerializationError ExceptionType = "aiomas.exceptions.SerializationError"
)

// shuttingDown is the type by which a caller knows [ErrShuttingDown]. To Python it
// is one more class of a module that it does not have.
const shuttingDown ExceptionType = "aiomas_go.shutdown.ConnectionError"

func (t ExceptionType) Error() string { return string(t) }

// New returns an exception of type t.
func (t ExceptionType) New(message string) *Exception {
	return &Exception{Type: t, Message: message}
}

// Errorf returns an exception of type t with a formatted message. An error
// formatted with %w is its cause for errors.Is and errors.As on this side; one of
// this library is part of the message as a Python program would say it, without
// "aiomas: " and "cannot decode".
func (t ExceptionType) Errorf(format string, args ...any) *Exception {
	err := fmt.Errorf(format, args...)
	e := &Exception{Type: t, Message: err.Error(), Err: errors.Unwrap(err)}
	if e.Err != nil {
		e.Message = strings.Replace(e.Message, e.Err.Error(), plain(e.Err), 1)
	}
	return e
}

// plain is the text of err for a peer: without what shows that it is of this
// package or of a codec.
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

// Exception is an error that reaches a Python peer as an exception of the given
// type. Other errors reach it as a RuntimeError, unless they have a method
// PythonType() string.
type Exception struct {
	Type    ExceptionType
	Message string
	Err     error // the cause on this side; not sent
}

func (e *Exception) Error() string {
	if e.Message == "" {
		return string(e.Type)
	}
	return string(e.Type) + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Exception) Unwrap() error { return e.Err }

// AsException returns the exception as which err, which must not be nil, reaches a
// peer when a function returns it: for results that carry errors of their own. Its
// Err is err.
func AsException(err error) *Exception {
	typ, msg := describeException(err)
	return &Exception{Type: ExceptionType(validUTF8(typ)), Message: validUTF8(msg), Err: err}
}

// Is matches an [ExceptionType].
func (e *Exception) Is(target error) bool {
	t, ok := target.(ExceptionType)
	return ok && t.matches(string(e.Type))
}

// formatException returns what a Python peer gets for err: a text that reads
// like a traceback, whose last line is "Type: message", and these two. where
// names the function that failed.
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

// describeException finds the Python type of err and its message.
func describeException(err error) (typ, msg string) {
	if e, ok := err.(interface{ Exception() *Exception }); ok { //nolint:errorlint // itself, not something that wraps it
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
