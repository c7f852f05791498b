package aiomas

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/errtext"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// connErrors makes the errors that this package returns for what happens on a connection.
type connErrors struct{ cfg *config }

// Ended implements [conversation.Errors].
func (connErrors) Ended(c *conversation.Conn, cause error) error {
	if broken, ok := cause.(*conversation.Violation); ok { //nolint:errorlint // as it was made
		cause = &ProtocolError{Peer: c.Peer(), Reason: broken.Reason, Err: broken.Err}
	}
	return &ConnectionError{Peer: c.Peer(), Err: cause}
}

// Unsent implements [conversation.Errors].
func (connErrors) Unsent(c *conversation.Conn, err error) error {
	if ended, ok := err.(*ConnectionError); ok { //nolint:errorlint // the connection's own error, not a chain
		e := *ended
		e.Unsent = true
		return &e
	}
	return &ConnectionError{Peer: c.Peer(), Err: err}
}

// Explain implements [conversation.Errors]. A Python peer that cannot decode a message, or
// expects TLS, closes the connection without giving a reason.
func (ce connErrors) Explain(c *conversation.Conn, err error) error {
	if _, alerted := transport.RemoteAlert(err); alerted {
		return newTLSError(transport.Explain(err))
	}
	if c.Heard() || !transport.HungUp(err) {
		return err
	}
	codec := ce.cfg.codec.Name()
	secure, _ := c.NetConn().(*tls.Conn)
	if secure != nil && ce.cfg.dialled && secure.ConnectionState().Version >= tls.VersionTLS13 {
		return &TLSError{Err: err, Reason: "the peer hung up before it sent anything; " +
			"it may not accept this end's certificate, or expect another codec than " + codec}
	}
	if !c.HasCalled() {
		return err
	}
	security := "no TLS"
	if secure != nil {
		security = "TLS"
	}
	hint := ""
	if strings.HasPrefix(codec, "msgpack") { // aiomas 2.0.1 hangs up at the first message
		hint = " A Python with msgpack 1.0 or newer needs aiomas_compat for this codec."
	}
	return fmt.Errorf("%w (it has never sent anything: does it expect codec %s and %s?%s)", err, codec, security, hint)
}

// Panicked implements [conversation.Errors].
func (connErrors) Panicked(v any, stack []byte) error { return &PanicError{Value: v, Stack: stack} }

// Exception implements [conversation.Errors].
func (ce connErrors) Exception(_ *conversation.Conn, path string, err error) (text string, custom func() any) {
	err = refused(err)
	text, typ, msg := formatException(err, path, ce.cfg.limits.ErrorText, ce.cfg.stacks)
	if f := ce.cfg.failures; f != nil {
		custom = func() any { return f.Write(newFailure(err, path, text, typ, msg)) }
	}
	return text, custom
}

// refused returns the exception for an error with which a connection refuses requests.
func refused(err error) error {
	var unreadable *conversation.UnreadableError
	switch {
	case errors.Is(err, conversation.ErrShuttingDown):
		return shuttingDown.New("the peer is shutting down")
	case errors.As(err, &unreadable):
		return ValueError.Errorf("the request cannot be read: %w", unreadable.Err)
	}
	return err
}

// Failed implements [conversation.Errors].
func (ce connErrors) Failed(c *conversation.Conn, path string, d codec.Decoder) error {
	e := &RemoteError{Origin: c.Peer(), Path: path}
	content, err := codec.NewValue(d)
	if err == nil {
		err = e.read(content, ce.cfg.failures)
	}
	if err != nil {
		return errtext.Errorf("aiomas: the peer sent an exception that cannot be read: %w", err)
	}
	return e
}

// OfCall implements [conversation.Errors].
func (connErrors) OfCall(c *conversation.Conn, name string, err error) error {
	return &callError{name, c.Peer(), err}
}
