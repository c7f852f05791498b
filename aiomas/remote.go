package aiomas

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// RemoteError is an exception raised by a function of the peer. It mirrors
// aiomas.exceptions.RemoteException. Use errors.Is with an [ExceptionType] to check its
// type:
//
//	if errors.Is(err, aiomas.KeyError) { … }
type RemoteError struct {
	Origin    string   // the peer's address
	Path      string   // the function that was called; empty for a plain channel request
	Type      string   // the exception's type as Python prints it, for example "ValueError" or "mypkg.Bad"; empty if unknown
	Message   string   // the exception's message, possibly of several lines
	Notes     []string // notes added with add_note (Python 3.11), if distinguishable from the message
	Traceback string   // the whole text as received
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
	return s + ": " + e.Type + ": " + e.Message + e.hint()
}

// hint suggests the Python name if the called one is a Go name.
func (e *RemoteError) hint() string {
	name := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	if other := snake.Case(name); other != name && LookupError.matches(e.Type) && strings.HasPrefix(e.Message, `Name "`+name+`"`) {
		return fmt.Sprintf(" (did you mean %q?)", other)
	}
	return ""
}

// Is matches an [ExceptionType] and [ErrShuttingDown].
func (e *RemoteError) Is(target error) bool {
	if target == ErrShuttingDown {
		return e.Type == string(shuttingDown)
	}
	t, ok := target.(ExceptionType)
	return ok && t.matches(e.Type)
}
