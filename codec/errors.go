package codec

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/errtext"
	"github.com/aiomas-go/aiomas-go/internal/excerpt"
)

// EncodeError means that a value cannot be encoded. Nothing was written: the
// connection stays usable, and only the call that carried the value fails. It
// mirrors aiomas.exceptions.SerializationError.
type EncodeError struct {
	Where  string // path to the value, for example "args[0].speed"; empty for the outermost value
	Reason string // why, for example `No serializer found for type "chan int"`
	Err    error  // the cause, when user code refused
}

func (e *EncodeError) Error() string { return describe("encode", e.Where, e.Reason, e.Err) }

// Unwrap returns the cause, if any.
func (e *EncodeError) Unwrap() error { return e.Err }

// DecodeError means that encoded bytes are malformed, exceed a limit, or do not
// fit the Go value that they are decoded into.
type DecodeError struct {
	Where  string // path to the value, for example "kwargs.b[2]"; empty for the outermost value
	Offset int    // byte offset in the message for malformed input, else -1
	Reason string // why, for example "int 300 does not fit uint8"
	Err    error  // the cause, when user code refused
}

func (e *DecodeError) Error() string {
	if e.Offset >= 0 {
		return describe("decode", e.Where, fmt.Sprintf("%s at byte %d", e.Reason, e.Offset), e.Err)
	}
	return describe("decode", e.Where, e.Reason, e.Err)
}

// Unwrap returns the cause, if any.
func (e *DecodeError) Unwrap() error { return e.Err }

// EnvelopeError means that a frame's payload is not a message: it is not a list
// [type, id, content] with a known type and an integer id. There is no request
// to answer and no call to fail, so the connection ends.
type EnvelopeError struct {
	Offset int    // byte offset in the payload
	Reason string // for example "not a list of three"
}

func (e *EnvelopeError) Error() string {
	return fmt.Sprintf("aiomas: not an aiomas message: %s at byte %d", e.Reason, e.Offset)
}

func describe(verb, where, reason string, err error) string {
	s := "aiomas: cannot " + verb
	if where != "" {
		s += " " + where
	}
	if reason != "" {
		s += ": " + reason
	}
	if err != nil {
		s += ": " + errtext.Of(err)
	}
	return s
}

// NewEncodeError and NewDecodeError return errors without a path; callers add
// the steps of the path with [At].
func NewEncodeError(format string, args ...any) *EncodeError {
	return &EncodeError{Reason: fmt.Sprintf(format, args...)}
}

// NewDecodeError is described at [NewEncodeError].
func NewDecodeError(format string, args ...any) *DecodeError {
	return &DecodeError{Offset: -1, Reason: fmt.Sprintf(format, args...)}
}

// At returns a copy of err with a step (a field name, "[3]", "args[0]") added
// at the front of its path, if err is an EncodeError or DecodeError; other
// errors are returned unchanged. It does not modify err, which may be a user's
// own and shared.
func At(err error, step string) error {
	switch e := err.(type) { //nolint:errorlint // the error itself, not an error that wraps it
	case *EncodeError:
		at := *e
		at.Where = join(step, e.Where)
		return &at
	case *DecodeError:
		at := *e
		at.Where = join(step, e.Where)
		return &at
	}
	return err
}

// AtIndex is At for the element i of a list.
func AtIndex(err error, i int) error { return At(err, fmt.Sprintf("[%d]", i)) }

// maxWhere bounds the path in an error's text, and the work of building it,
// against hostile keys and nesting; maxStep bounds one key.
const (
	maxWhere = 256
	maxStep  = 64
)

func join(step, rest string) string {
	step = excerpt.Of(step, maxStep)
	if len(rest) > maxWhere-maxStep {
		// Both ends of the path are kept, the middle is cut.
		rest = "…" + strings.ToValidUTF8(rest[len(rest)-maxWhere/2:], "")
	}
	if rest == "" || rest[0] == '[' {
		return step + rest
	}
	return step + "." + rest
}
