package aiomas

import (
	"crypto/tls"
	"fmt"

	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// WithTLS encrypts connections. It is required by tcp+tls:// addresses and
// turns tcp:// ones into them (keyword argument ssl).
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

// WithTLSFiles encrypts connections with the three PEM files of aiomas's TLS
// guide: the certificate of a private CA, and the certificate and key of this end.
// Both ends of a connection show a certificate of that CA, and a client checks
// that the server's is for the host that it connects to. It works for both ends,
// and mirrors aiomas.SSLCerts, make_ssl_server_context and
// make_ssl_client_context; at least TLS 1.2 is spoken.
//
// Certificates that are made by the commands of that guide name their host in
// the subject's common name only. As in Python, that counts if a certificate
// has no alternative DNS name; package crypto/tls by itself, and so [WithTLS],
// ignores it. An IP address must be an alternative name in any case.
//
// Renewed files are used for the connections that are made from then on, by clients
// and servers, without a restart. While they cannot be read, or do not belong
// together yet, the last ones that could are used, and a line at level Warn says so.
func WithTLSFiles(ca, cert, key string) TLSOption {
	files := transport.NewFiles(ca, cert, key)
	return setting(func(cfg *config) { cfg.transport.TLS, cfg.filesErr = files.TLS() })
}

// checkServerTLS wants a certificate of a server.
func (cfg *config) checkServerTLS() {
	if t := cfg.transport.TLS; t != nil && !t.Certified() {
		cfg.mistake("WithTLS: a server needs a certificate")
	}
}

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

	failure transport.TLSFailure
}

func newTLSError(f transport.TLSFailure) error { return &TLSError{f.Reason, f.Err, f} }

func (e *TLSError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("aiomas: TLS: %s: %v", e.Reason, e.Err)
	}
	return fmt.Sprintf("aiomas: TLS: %v", e.Err)
}

// Unwrap returns the cause, in the forms that it has.
func (e *TLSError) Unwrap() []error {
	if e.failure.Alert != nil {
		return []error{e.Err, e.failure.Alert}
	}
	return []error{e.Err}
}
