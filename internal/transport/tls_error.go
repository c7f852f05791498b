package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"syscall"

	"github.com/aiomas-go/aiomas-go/internal/guess"
)

// TLSFailure describes why there is no TLS connection.
type TLSFailure struct {
	Reason string // an explanation; may be empty
	Err    error
	Alert  error // a tls.AlertError, if the peer sent one
	Silent bool  // the peer closed the connection without sending anything
}

// Explain explains an error of crypto/tls.
func Explain(err error) TLSFailure {
	e := TLSFailure{Err: err}
	var foreign tls.RecordHeaderError
	switch alert, alerted := RemoteAlert(err); {
	case alerted:
		e.Alert = alert
		e.Reason = alertReasons[alert]
	case errors.As(err, &foreign):
		e.Reason = "the peer does not speak TLS"
		if guess := guessPlain(foreign.RecordHeader[:]); guess != "" {
			e.Reason += " but " + guess
		}
	}
	return e
}

const notAccepted = "the peer does not accept this end's certificate"

// alertReasons explain the alerts that users can do something about.
var alertReasons = map[tls.AlertError]string{
	40:  "the peer requires a certificate of this end, or the two ends have no cipher in common", // handshake_failure
	42:  notAccepted,                                                                             // bad_certificate
	43:  notAccepted,                                                                             // unsupported_certificate
	44:  notAccepted,                                                                             // certificate_revoked
	45:  notAccepted,                                                                             // certificate_expired
	46:  notAccepted,                                                                             // certificate_unknown
	48:  notAccepted,                                                                             // unknown_ca
	49:  notAccepted,                                                                             // access_denied
	51:  notAccepted,                                                                             // decrypt_error
	70:  "the two ends have no TLS version in common",                                            // protocol_version
	116: "the peer requires a certificate of this end",                                           // certificate_required
}

// RemoteAlert returns the alert in err that the peer sent. Package crypto/tls wraps it in a
// net.OpError as an unexported type, a number.
func RemoteAlert(err error) (tls.AlertError, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	if v := reflect.ValueOf(op.Err); v.IsValid() && v.Kind() == reflect.Uint8 {
		return tls.AlertError(v.Uint()), true
	}
	return 0, false
}

// guessPlain returns what a peer speaks instead of TLS, by the first five bytes: in an aiomas frame,
// the length and the first byte of the message.
func guessPlain(head []byte) string {
	if guess := guess.Header(head); guess != "" && !strings.Contains(guess, "TLS") {
		return guess
	}
	if head[0] != 0 {
		return ""
	}
	switch head[4] {
	case '[':
		return "plain TCP, with codec json"
	case 0x93:
		return "plain TCP, with codec msgpack"
	case 2:
		return "plain TCP, with codec msgpack-blosc"
	}
	return ""
}

// HungUp reports whether err means that the peer has closed the connection.
func HungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, ConnectionReset) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
