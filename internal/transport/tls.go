package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
)

// TLS configures the encryption of the connections of one [Settings].
type TLS struct {
	config      *tls.Config // for servers
	files       *Files      // source of config; nil: config does not change
	commonNames bool        // the common name of a server's certificate is used

	// Warn logs that renewed files are not used. It is set with the other settings.
	Warn func(msg string, args ...any)
}

// NewTLS returns the TLS that config describes.
func NewTLS(config *tls.Config) *TLS { return &TLS{config: config} }

// Certified reports whether a server has a certificate; without one every handshake fails.
func (t *TLS) Certified() bool {
	c := t.config
	return len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil
}

// present returns the current configuration.
func (t *TLS) present() *tls.Config {
	if t.files == nil {
		return t.config
	}
	config, err := t.files.current()
	if err != nil {
		t.Warn("renewed TLS files are not used", "err", err)
	}
	return config
}

// client returns the configuration for a connection to host.
func (t *TLS) client(host string) *tls.Config {
	tc := t.present().Clone()
	if tc.ServerName == "" && !tc.InsecureSkipVerify {
		tc.ServerName = host
	}
	if t.commonNames {
		tc.InsecureSkipVerify = true // VerifyConnection verifies it
		tc.VerifyConnection = func(cs tls.ConnectionState) error {
			return verifyServer(cs.PeerCertificates, tc.RootCAs, host)
		}
	}
	return tc
}

// verifyServer verifies like crypto/tls, but accepts a common name if there are no DNS names.
func verifyServer(chain []*x509.Certificate, roots *x509.CertPool, host string) error {
	if len(chain) == 0 {
		return errors.New("the server has no certificate")
	}
	opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	leaf := chain[0]
	if _, err := leaf.Verify(opts); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	}
	if name := leaf.Subject.CommonName; len(leaf.DNSNames) == 0 && name != "" && net.ParseIP(host) == nil {
		named := *leaf
		named.DNSNames = []string{name}
		leaf = &named
	}
	if err := leaf.VerifyHostname(host); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	}
	return nil
}

// Secure returns a TLS connection over an accepted connection, or conn itself if it comes from a TLS
// listener; the caller must call [Settings.Handshake]. It returns nil if there is no TLS.
func (s *Settings) Secure(conn net.Conn) *tls.Conn {
	if secure, ok := conn.(*tls.Conn); ok {
		return secure
	}
	if s.TLS == nil || isUnix(conn.LocalAddr()) {
		return nil
	}
	return tls.Server(conn, s.TLS.config)
}

// Handshake performs the handshake of conn, as the client or the server. The error is made by
// TLSError, or is that of ctx.
func (s *Settings) Handshake(ctx context.Context, conn *tls.Conn, client bool) error {
	limit := s.HandshakeTimeout
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := conn.HandshakeContext(timed)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctxerr.New(ctx, "TLS handshake")
	case timed.Err() != nil:
		e := TLSFailure{Reason: fmt.Sprintf("no handshake within %v", limit), Err: timed.Err()}
		if client {
			e.Reason += "; the peer may expect plain TCP"
		}
		return s.TLSError(e)
	}
	e := Explain(err)
	if e.Reason == "" && HungUp(err) {
		e.Reason = "the peer hung up"
		spoke := conn.ConnectionState().Version != 0 // it has sent its hello
		e.Silent = !spoke && !errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case spoke && client:
			e.Reason += "; it may not accept this end's certificate, or require one"
		case spoke:
			e.Reason += "; it may not accept this end's certificate"
		case client:
			e.Reason += "; it may expect plain TCP"
		}
	}
	return s.TLSError(e)
}

// Refuse closes a connection whose handshake has failed. If the peer does not speak TLS, it sends an
// alert first, by which Go peers recognise what is expected. The socket is closed only after the
// peer's end of the stream, because closing one with unread input resets the connection, and a reset
// discards the alert.
func Refuse(ctx context.Context, secure *tls.Conn, err error) {
	conn := secure.NetConn()
	defer conn.Close() //nolint:errcheck // there is no caller for the error
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

// unexpectedMessage is TLS's fatal alert unexpected_message.
var unexpectedMessage = []byte{0x15, 0x03, 0x01, 0, 2, 2, 10}

// lingerBytes bounds the bytes read from a refused peer.
const lingerBytes = 64 << 10
