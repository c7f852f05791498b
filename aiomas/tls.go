package aiomas

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
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
//
// Renewed files are used for the connections that are made from then on, by clients
// and servers, without a restart. While they cannot be read, or do not belong
// together yet, the last ones that could are used, and a line at level Warn says so.
func WithTLSFiles(ca, cert, key string) TLSOption {
	f := &tlsFiles{ca: ca, cert: cert, key: key}
	return setting(func(cfg *config) {
		f.use(cfg)
		cfg.commonNames = true
	})
}

// clientTLS is the configuration for a connection to host.
func (c *config) clientTLS(host string) *tls.Config {
	tc := c.presentTLS().Clone()
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
