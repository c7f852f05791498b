package aiomas

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
)

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
func WithTLSFiles(ca, cert, key string) TLSOption {
	tc, err := loadTLS(ca, cert, key)
	return setting(func(cfg *config) {
		cfg.tls, cfg.filesErr, cfg.commonNames = tc, err, true
	})
}

func loadTLS(ca, cert, key string) (*tls.Config, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("aiomas: CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("aiomas: CA: %s holds no certificate", ca)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("aiomas: certificate and key: %w", err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}, nil
}

// clientTLS is the configuration for a connection to host.
func (c *config) clientTLS(host string) *tls.Config {
	tc := c.tls.Clone()
	if tc.ServerName == "" && !tc.InsecureSkipVerify {
		tc.ServerName = host
	}
	if c.commonNames {
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
