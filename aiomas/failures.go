package aiomas

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

// Failure is an error of this end that is about to be sent to the peer; see [Failures].
// Its texts are valid UTF-8.
type Failure struct {
	Err       error  // what the function returned or Request.Fail got, a *[PanicError], or why the request was refused
	Path      string // the function that was called; empty for a plain channel request, "?" when the path cannot be read
	Type      string // the Python exception class, for example "ValueError"
	Message   string // at most Limits.ErrorText bytes and "…"
	Traceback string // the text that aiomas sends: like a traceback, with "Type: message" as its last line
}

// Failures converts errors to the content of EXCEPTION messages, and back.
// Implementations must be safe for concurrent use and must not block, because the
// reader goroutine of a connection calls Write to refuse requests.
type Failures interface {
	// Write returns the content for f. If it panics or the content cannot be encoded,
	// f.Traceback is sent instead, and the failure is logged: every request is answered.
	Write(f Failure) (content any)

	// Read sets Type, Message, Notes and Traceback of e from content; Origin and Path
	// are already set. If it returns an error, content is read as without WithFailures.
	Read(content codec.Value, e *RemoteError) error
}

// WithFailures replaces the format of errors. By default it is that of Python's aiomas:
// a traceback text is sent, and any received content is read as a traceback text, as
// the list [type, message, *lines] that peers of mosaik send, or else as a message
// without a type.
func WithFailures(f Failures) Option { return setting(func(cfg *config) { cfg.failures = f }) }

func newFailure(err error, path, text, typ, msg string) Failure {
	return Failure{err, path, validUTF8(typ), validUTF8(msg), text}
}

// read sets e from content, with custom, which may be nil, or else as a text of aiomas or
// a list of mosaik.
func (e *RemoteError) read(content codec.Value, custom Failures) error {
	if custom != nil {
		read := *e
		if err := custom.Read(content, &read); err == nil {
			*e = read
			return nil
		}
	}
	v, err := content.Any()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		x := traceback.Parse(v)
		e.Type, e.Message, e.Notes, e.Traceback = x.Type, x.Message, x.Notes, v
	case []any:
		e.Type, e.Message, e.Traceback = parseList(v)
	default:
		e.Message = plainText(v)
		e.Traceback = e.Message
	}
	return nil
}

// parseList reads [type, message, *lines].
func parseList(list []any) (typ, msg, text string) {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = plainText(p)
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

func plainText(v any) string {
	if v == nil {
		return "None"
	}
	return fmt.Sprint(v)
}

// validUTF8 replaces invalid UTF-8, which not every codec can encode.
func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
