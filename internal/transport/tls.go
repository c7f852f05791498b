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

// TLS is how the connections of one [Settings] are encrypted.
type TLS struct {
	config      *tls.Config // of servers
	files       *Files      // where it comes from; nil: it does not change
	commonNames bool        // a server's common name counts

	// Warn logs that renewed files are not used; it is set with the other settings.
	Warn func(msg string, args ...any)
}

// NewTLS returns the TLS that config describes.
func NewTLS(config *tls.Config) *TLS { return &TLS{config: config} }

// Certified tells whether a server could show a certificate: without one no handshake
// succeeds.
func (t *TLS) Certified() bool {
	c := t.config
	return len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil
}

// present is the configuration for a connection that is made now.
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

// client is the configuration for a connection to host.
func (t *TLS) client(host string) *tls.Config {
	tc := t.present().Clone()
	if tc.ServerName == "" && !tc.InsecureSkipVerify {
		tc.ServerName = host
	}
	if t.commonNames {
		tc.InsecureSkipVerify = true // for VerifyConnection does it
		tc.VerifyConnection = func(cs tls.ConnectionState) error {
			return verifyServer(cs.PeerCertificates, tc.RootCAs, host)
		}
	}
	return tc
}

// verifyServer does what crypto/tls does by default, but also accepts a common
// name in place of DNS names.
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

// Secure returns the TLS over a connection that was accepted, for which [Settings.Handshake]
// is still to be called, or nil if there is none: it is conn itself, if that came from
// a listener with TLS.
func (s *Settings) Secure(conn net.Conn) *tls.Conn {
	if secure, ok := conn.(*tls.Conn); ok {
		return secure
	}
	if s.TLS == nil || isUnix(conn.LocalAddr()) {
		return nil
	}
	return tls.Server(conn, s.TLS.config)
}

// Handshake makes conn ready, as the client or the server. The error is one of TLSError,
// or why ctx ended.
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
		spoke := conn.ConnectionState().Version != 0 // it has said hello
		e.Silent = !spoke && !errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case spoke && client:
			e.Reason += "; it may not accept this end's certificate, or want one"
		case spoke:
			e.Reason += "; it may not accept this end's certificate"
		case client:
			e.Reason += "; it may expect plain TCP"
		}
	}
	return s.TLSError(e)
}

// Refuse ends a connection whose handshake has failed. A peer that does not
// speak TLS is sent an alert, which says to a Go end what is expected here. The
// socket is closed only after the peer's end has come, because closing one with
// unread input resets the connection, and a reset destroys the alert that tells
// the peer what is wrong.
func Refuse(ctx context.Context, secure *tls.Conn, err error) {
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
