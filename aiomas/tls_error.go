package aiomas

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/guess"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// TLSError says why there is no TLS connection: Dial returns it, a server logs
// it, and calls get it in a *[ConnectionError] when the peer refuses this end's
// certificate, which a client of TLS 1.3 learns only after its handshake.
//
// What is wrong with the peer's certificate is a [tls.CertificateVerificationError]
// and an [x509.UnknownAuthorityError], [x509.HostnameError] or
// [x509.CertificateInvalidError]; a peer that does not speak TLS is a
// [tls.RecordHeaderError]; what the peer told is a [tls.AlertError].
type TLSError struct {
	Reason string // in plain words; may be empty
	Err    error

	alert  error // a tls.AlertError, if the peer sent one
	silent bool  // the peer came and went without a word
}

func (e *TLSError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("aiomas: TLS: %s: %v", e.Reason, e.Err)
	}
	return fmt.Sprintf("aiomas: TLS: %v", e.Err)
}

// Unwrap returns the cause, in the forms that it has.
func (e *TLSError) Unwrap() []error {
	if e.alert != nil {
		return []error{e.Err, e.alert}
	}
	return []error{e.Err}
}

// handshake makes conn ready, as the client or the server. The error is a
// *TLSError, or why ctx ended.
func handshake(ctx context.Context, conn *tls.Conn, limit time.Duration, client bool) error {
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := conn.HandshakeContext(timed)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctxerr.New(ctx, "TLS handshake")
	case timed.Err() != nil:
		e := &TLSError{Reason: fmt.Sprintf("no handshake within %v", limit), Err: timed.Err()}
		if client {
			e.Reason += "; the peer may expect plain TCP"
		}
		return e
	}
	e := explainTLS(err)
	if e.Reason == "" && hungUp(err) {
		e.Reason = "the peer hung up"
		spoke := conn.ConnectionState().Version != 0 // it has said hello
		e.silent = !spoke && !errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case spoke && client:
			e.Reason += "; it may not accept this end's certificate, or want one"
		case spoke:
			e.Reason += "; it may not accept this end's certificate"
		case client:
			e.Reason += "; it may expect plain TCP"
		}
	}
	return e
}

// explainTLS says in plain words what is behind an error of crypto/tls.
func explainTLS(err error) *TLSError {
	e := &TLSError{Err: err}
	var foreign tls.RecordHeaderError
	switch alert, alerted := remoteAlert(err); {
	case alerted:
		e.alert = alert
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

// alertReasons are for the alerts that the user can do something about.
var alertReasons = map[tls.AlertError]string{
	40:  "the peer wants a certificate of this end, or there is no cipher that both have", // handshake_failure
	42:  notAccepted,                                                                      // bad_certificate
	43:  notAccepted,                                                                      // unsupported_certificate
	44:  notAccepted,                                                                      // certificate_revoked
	45:  notAccepted,                                                                      // certificate_expired
	46:  notAccepted,                                                                      // certificate_unknown
	48:  notAccepted,                                                                      // unknown_ca
	49:  notAccepted,                                                                      // access_denied
	51:  notAccepted,                                                                      // decrypt_error
	70:  "there is no TLS version that both have",                                         // protocol_version
	116: "the peer wants a certificate of this end",                                       // certificate_required
}

// remoteAlert returns the alert in err that the peer sent. Package crypto/tls
// wraps it in a net.OpError as a type that it does not export, a number.
func remoteAlert(err error) (tls.AlertError, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	if v := reflect.ValueOf(op.Err); v.IsValid() && v.Kind() == reflect.Uint8 {
		return tls.AlertError(v.Uint()), true
	}
	return 0, false
}

// guessPlain tells what a peer speaks instead of TLS by its first five bytes: of
// an aiomas frame they are the length and the first byte of the message.
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

// hungUp tells the errors of a connection that the peer has closed.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, transport.ConnectionReset) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// refuseTLS ends a connection whose handshake has failed. A peer that does not
// speak TLS is sent an alert, which says to a Go end what is expected here. The
// socket is closed only after the peer's end has come, because closing one with
// unread input resets the connection, and a reset destroys the alert that tells
// the peer what is wrong.
func refuseTLS(ctx context.Context, secure *tls.Conn, err error) {
	conn := secure.NetConn()
	defer conn.Close() //nolint:errcheck // there is nobody left to tell
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	var foreign tls.RecordHeaderError
	if errors.As(err, &foreign) {
		_, _ = conn.Write(unexpectedMessage)
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, conn, lingerBytes)
	}
}

// unexpectedMessage is a fatal alert of TLS.
var unexpectedMessage = []byte{0x15, 0x03, 0x01, 0, 2, 2, 10}

// lingerBytes bounds what is read and dropped of a peer that is refused.
const lingerBytes = 64 << 10
