package mosaik

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// EntityError is an error of one entity; see [At].
type EntityError struct {
	EID string
	Err error
}

func (e *EntityError) Error() string { return "entity " + e.EID + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *EntityError) Unwrap() error { return e.Err }

// At returns err as an error of the given entity, which mosaik's message then names. It
// returns nil if err is nil, and err itself if it names an entity already.
func At(eid string, err error) error {
	var named *EntityError
	if err == nil || errors.As(err, &named) {
		return err
	}
	return &EntityError{eid, err}
}

// callError is an error of a call of the simulator, for mosaik.
type callError struct {
	sid    string
	call   string // the method with its arguments
	err    error
	frames []runtime.Frame // of a panic
}

func (e *callError) Error() string {
	who := e.sid
	if who == "" {
		who = "the simulator"
	}
	msg := e.err
	var at *EntityError
	if errors.As(e.err, &at) {
		who += "." + at.EID
		if error(at) == e.err { //nolint:errorlint // itself, not something that wraps it
			msg = at.Err
		}
	}
	text := msg.Error()
	var ex *aiomas.Exception
	if errors.As(msg, &ex) && error(ex) == msg { //nolint:errorlint // likewise: the type is apart
		text = ex.Message
	}
	return who + ": " + e.call + ": " + text
}

func (e *callError) Unwrap() error { return e.err }

// lines returns the lines of the trace that mosaik shows.
func (e *callError) lines(typ, msg string) []string {
	out := []string{"Traceback (most recent call last):"}
	who := e.sid
	var at *EntityError
	if errors.As(e.err, &at) {
		who += "." + at.EID
	}
	out = append(out, fmt.Sprintf("  Go simulator %s, in %s", who, e.call))
	for _, f := range slices.Backward(e.frames) {
		out = append(out, fmt.Sprintf("  File \"%s\", line %d, in %s", filepath.Base(f.File), f.Line, f.Function))
	}
	return append(out, typ+": "+msg)
}

// panicFrames returns the frames of a panic, the innermost first, from the panic to the
// simulator's method. It is called by the deferred function that recovers.
func panicFrames() []runtime.Frame {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var out []runtime.Frame
	panicked := false
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked, out = true, nil
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			out = append(out, f)
		}
	}
	for i, f := range out {
		if isOurs(f) {
			return out[:i]
		}
	}
	return out
}

// isOurs reports whether f is one of the frames that called the simulator's method.
func isOurs(f runtime.Frame) bool {
	const module = "github.com/aiomas-go/aiomas-go/"
	return strings.HasPrefix(f.Function, module+"mosaik.(*session).") ||
		strings.HasPrefix(f.Function, module+"internal/function.") || strings.HasPrefix(f.Function, "reflect.Value.call")
}

// failures encodes errors as mosaik does: [type, message, *lines]. Its function returns the
// id of the simulator.
type failures struct{ sid func() string }

func (fs failures) Write(f aiomas.Failure) any {
	typ := f.Type[strings.LastIndexByte(f.Type, '.')+1:] // as type(e).__name__
	msg := f.Message
	var call *callError
	if !errors.As(f.Err, &call) { // a result that cannot be encoded, or a refused request
		call = &callError{sid: fs.sid(), call: f.Path, err: f.Err}
		msg = call.Error()
	}
	out := append([]string{typ, msg}, call.lines(typ, msg)...)
	for i := range out {
		out[i] = strings.ToValidUTF8(out[i], "\uFFFD")
	}
	return out
}

// Read decodes the list. Other forms, the texts of older packages, are decoded by package
// aiomas.
func (failures) Read(content codec.Value, e *aiomas.RemoteError) error {
	var list []codec.Value
	if err := content.Decode(&list); err != nil {
		return err
	}
	parts := make([]string, max(2, len(list)))
	for i, p := range list {
		if p.Decode(&parts[i]) == nil {
			continue
		}
		x, err := p.Any()
		if err != nil {
			return err
		}
		parts[i] = fmt.Sprint(x)
	}
	e.Type, e.Message, e.Traceback = parts[0], parts[1], joinLines(parts[2:])
	return nil
}

// joinLines joins lines that may or may not end with a line feed; those of Python's
// traceback module do.
func joinLines(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimSuffix(l, "\n"))
		b.WriteByte('\n')
	}
	return b.String()
}
