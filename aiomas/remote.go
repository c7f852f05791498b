package aiomas

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

// RemoteError is an exception that the peer's function raised. It mirrors
// aiomas.exceptions.RemoteException. errors.Is with an [ExceptionType] tells
// its type:
//
//	if errors.Is(err, aiomas.KeyError) { … }
type RemoteError struct {
	Origin    string   // the peer's address
	Path      string   // the function that was called; empty for a plain channel request
	Type      string   // the exception's type as Python prints it, for example "ValueError" or "mypkg.Bad"; empty if unknown
	Message   string   // the exception's message, possibly of several lines
	Notes     []string // lines that Python ≥ 3.11 adds with add_note, where they can be told from the message
	Traceback string   // the whole text, as sent
}

func (e *RemoteError) Error() string {
	s := "aiomas: remote error"
	if e.Path != "" {
		s += " from " + e.Path
	}
	if e.Origin != "" {
		s += " at " + e.Origin
	}
	switch {
	case e.Type == "":
		return s + ": " + e.Message
	case e.Message == "":
		return s + ": " + e.Type
	}
	return s + ": " + e.Type + ": " + e.Message
}

// Is matches an [ExceptionType] and [ErrShuttingDown].
func (e *RemoteError) Is(target error) bool {
	if target == ErrShuttingDown {
		return e.Type == string(shuttingDown)
	}
	t, ok := target.(ExceptionType)
	return ok && t.matches(e.Type)
}

// newRemoteError reads the content of an EXCEPTION message: aiomas sends the
// formatted traceback, mosaik a list [type, message, *traceback lines].
func newRemoteError(d codec.Decoder, origin, path string) error {
	v, err := d.Any()
	if err != nil {
		return fmt.Errorf("aiomas: the peer sent an exception that cannot be read: %w", err)
	}
	e := &RemoteError{Origin: origin, Path: path}
	switch c := v.(type) {
	case string:
		x := traceback.Parse(c)
		e.Type, e.Message, e.Notes, e.Traceback = x.Type, x.Message, x.Notes, c
	case []any:
		e.Type, e.Message, e.Traceback = parseMosaik(c)
	default:
		e.Message = fmt.Sprint(v)
		e.Traceback = e.Message
	}
	return e
}

func parseMosaik(list []any) (typ, msg, text string) {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = fmt.Sprint(p)
	}
	if len(parts) > 0 {
		typ = parts[0]
	}
	if len(parts) > 1 {
		msg = parts[1]
	}
	if len(parts) > 2 {
		text = strings.Join(parts[2:], "")
	}
	return typ, msg, text
}
