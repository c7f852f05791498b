package aiomas

import (
	"bytes"
	"crypto/tls"
	"fmt"

	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// describeTooLarge says who announced more than is allowed, and what it
// probably speaks when the announcement is no length at all.
func (c *Channel) describeTooLarge(e *frame.TooLargeError) string {
	s := fmt.Sprintf("sent a frame of %d bytes, the limit here is %d (Limits.FrameIn)", e.Size, e.Limit)
	if guess := guessHeader(e.Head[:]); guess != "" {
		s += "; its first bytes look like " + guess
	}
	return s
}

// foreignHeaders are beginnings of other protocols.
var foreignHeaders = []struct {
	prefix, what string
}{
	{"GET ", "HTTP"}, {"POST", "HTTP"}, {"PUT ", "HTTP"}, {"HEAD", "HTTP"}, {"DELE", "HTTP"},
	{"OPTI", "HTTP"}, {"PATC", "HTTP"}, {"CONN", "HTTP"}, {"HTTP", "HTTP"}, {"PRI ", "HTTP/2"},
	{"\x16\x03", "TLS (this end expects plain TCP)"}, {"\x15\x03", "a TLS alert (the peer expects TLS)"},
	{"SSH-", "SSH"}, {"[0, ", "JSON without a frame header"}, {"\x93\x00", "MessagePack without a frame header"},
}

func guessHeader(head []byte) string {
	for _, f := range foreignHeaders {
		if bytes.HasPrefix(head, []byte(f.prefix)) {
			return f.what
		}
	}
	return ""
}

// explainEnd says more about an end for which the peer gave no reason: a Python
// peer that cannot decode what it gets, or expects TLS, only hangs up.
func (c *Channel) explainEnd(err error) error {
	if _, alerted := remoteAlert(err); alerted {
		return explainTLS(err)
	}
	if c.heard.Load() || !hungUp(err) {
		return err
	}
	secure, _ := c.conn.(*tls.Conn)
	if secure != nil && c.cfg.dialled && secure.ConnectionState().Version >= tls.VersionTLS13 {
		return &TLSError{Err: err, Reason: "the peer hung up before it sent anything; " +
			"it may not accept this end's certificate, or expect another codec than " + c.cfg.codec.Name()}
	}
	if !c.hasCalled() {
		return err
	}
	transport := "no TLS"
	if secure != nil {
		transport = "TLS"
	}
	return fmt.Errorf("%w (it has never sent anything: does it expect codec %s and %s?)", err, c.cfg.codec.Name(), transport)
}

// notAMessage describes a payload that is no message, and guesses the codec it
// was written with.
func (c *Channel) notAMessage(payload []byte, err error) error {
	reason := "a frame that is no " + c.cfg.codec.Name() + " message"
	if len(payload) == 0 {
		reason = "an empty frame"
	} else if guess := guessCodec(payload); guess != "" && guess != c.cfg.codec.Name() {
		reason += "; it looks like codec " + guess
	}
	return &ProtocolError{Peer: c.peer, Reason: reason, Err: err}
}

func guessCodec(payload []byte) string {
	switch {
	case payload[0] == '[':
		return "json"
	case payload[0] == 0x93:
		return "msgpack"
	case len(payload) >= 16 && payload[0] == 2 && payload[1] <= 2:
		return "msgpack-blosc"
	}
	return ""
}
