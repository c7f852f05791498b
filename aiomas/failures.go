package aiomas

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

// Failure is an error of this end on its way to the peer, for [Failures]. Its
// texts are valid UTF-8.
type Failure struct {
	Err       error  // what the function returned or Request.Fail got, a *[PanicError], or why the request was refused
	Path      string // the function that was called; empty for a plain channel request, "?" when the path cannot be read
	Type      string // the Python exception class, for example "ValueError"
	Message   string // at most Limits.ErrorText bytes and "…"
	Traceback string // what aiomas sends: lines that read like a traceback, the last of them "Type: message"
}

// Failures is the form in which a connection carries errors: the content of its
// EXCEPTION messages, in both directions. Implementations must be safe for
// concurrent use and must not block: refusals are written by the goroutine that
// reads the connection.
type Failures interface {
	// Write returns the content for f. When it panics or the content cannot be
	// encoded, that is logged and f.Traceback sent instead: no request stays
	// unanswered.
	Write(f Failure) (content any)

	// Read fills in what content says: Type, Message, Notes and Traceback; Origin
	// and Path are set. After an error, content is read as without WithFailures.
	Read(content codec.Value, e *RemoteError) error
}

// WithFailures replaces the form of errors. The default is that of Python's
// aiomas: the text of a traceback is sent; read are such a text, the list
// [type, message, *lines] that mosaik's peers send, and any other content as a
// message without a type.
func WithFailures(f Failures) Option { return setting(func(cfg *config) { cfg.failures = f }) }

func newFailure(err error, path, text, typ, msg string) Failure {
	return Failure{err, path, validUTF8(typ), validUTF8(msg), text}
}

// read reads the content as custom, which may be nil, does, or else the forms of
// aiomas and mosaik.
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

// validUTF8 replaces what is not: only valid UTF-8 can be sent by every codec.
func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
