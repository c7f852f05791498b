package aiomas

import (
	"crypto/tls"
	"fmt"

	"github.com/aiomas-go/aiomas-go/internal/errtext"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// WithTLS encrypts connections (keyword argument ssl). tcp+tls:// addresses require it, and
// tcp:// addresses use it, too.
func WithTLS(c *tls.Config) TLSOption {
	return setting(func(cfg *config) {
		cfg.transport.TLS, cfg.filesErr = nil, nil
		if c == nil {
			cfg.mistake("WithTLS(nil)")
			return
		}
		cfg.transport.TLS = transport.NewTLS(c)
	})
}

// WithTLSFiles encrypts connections with the three PEM files described in aiomas's TLS
// guide: the certificate of a private CA, and the certificate and key of this end. Both ends
// must have a certificate of the CA, and a client checks that the server's is for the host
// that it connects to. It is an option for both ends, and mirrors aiomas.SSLCerts,
// make_ssl_server_context and make_ssl_client_context. The minimum version is TLS 1.2.
//
// Certificates made with the commands of the guide have the host only in the common name of
// the subject. As in Python, it is used if a certificate has no DNS names; package
// crypto/tls, and so [WithTLS], ignores it. IP addresses must be alternative names.
//
// When files are renewed, clients and servers use them for new connections without a
// restart. While they cannot be read, or certificate and key do not match, the last valid
// files are used, and the error is logged at level Warn.
func WithTLSFiles(ca, cert, key string) TLSOption {
	files := transport.NewFiles(ca, cert, key)
	return setting(func(cfg *config) { cfg.transport.TLS, cfg.filesErr = files.TLS() })
}

// checkServerTLS records a mistake if a server has no certificate.
func (cfg *config) checkServerTLS() {
	if t := cfg.transport.TLS; t != nil && !t.Certified() {
		cfg.mistake("WithTLS: a server needs a certificate")
	}
}

// TLSError means that there is no TLS connection. Dial returns it and a server logs it. If the
// peer refuses this end's certificate, which a client learns only after its handshake in TLS
// 1.3, it is the cause of the *[ConnectionError] of calls.
//
// It wraps a [tls.CertificateVerificationError] and an [x509.UnknownAuthorityError],
// [x509.HostnameError] or [x509.CertificateInvalidError] if the peer's certificate is not
// accepted, a [tls.RecordHeaderError] if the peer does not speak TLS, and a [tls.AlertError]
// if the peer sent an alert.
type TLSError struct {
	Reason string // an explanation; may be empty
	Err    error

	failure transport.TLSFailure
}

func newTLSError(f transport.TLSFailure) error { return &TLSError{f.Reason, f.Err, f} }

func (e *TLSError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("aiomas: TLS: %s: %s", e.Reason, errtext.Of(e.Err))
	}
	return "aiomas: TLS: " + errtext.Of(e.Err)
}

// Unwrap returns the causes.
func (e *TLSError) Unwrap() []error {
	if e.failure.Alert != nil {
		return []error{e.Err, e.failure.Alert}
	}
	return []error{e.Err}
}
