// Package testcert makes certificates for tests: a private CA and certificates
// signed by it, as PEM files.
package testcert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// CA is a private certificate authority.
type CA struct {
	File string // its certificate

	dir    string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

// Pair are the files of a certificate and its key.
type Pair struct{ Cert, Key string }

// NewCA returns a new authority, whose files lie in a directory of the test.
func NewCA(tb testing.TB) *CA {
	tb.Helper()
	ca := &CA{dir: tb.TempDir(), key: newKey(tb)}
	template := ca.template("test CA")
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	der := ca.sign(tb, template, template, ca.key)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	ca.cert = cert
	ca.File = ca.write(tb, "ca.pem", "CERTIFICATE", der)
	return ca
}

// Issue returns a certificate for hosts, names or IP addresses, which are its
// alternative names. The first one is its common name, too.
func (ca *CA) Issue(tb testing.TB, hosts ...string) Pair {
	tb.Helper()
	return ca.issue(tb, ca.hosts(hosts))
}

// hosts is the template of a certificate for hosts.
func (ca *CA) hosts(hosts []string) *x509.Certificate {
	template := ca.template(hosts[0])
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	return template
}

// IssueExpired is like Issue for a certificate that was valid until an hour ago.
func (ca *CA) IssueExpired(tb testing.TB, hosts ...string) Pair {
	tb.Helper()
	template := ca.hosts(hosts)
	template.NotBefore = time.Now().Add(-24 * time.Hour)
	template.NotAfter = time.Now().Add(-time.Hour)
	return ca.issue(tb, template)
}

// IssueCommonName returns a certificate that names its host only in the subject,
// as the commands in aiomas's TLS guide make it.
func (ca *CA) IssueCommonName(tb testing.TB, host string) Pair {
	tb.Helper()
	return ca.issue(tb, ca.template(host))
}

func (ca *CA) issue(tb testing.TB, template *x509.Certificate) Pair {
	tb.Helper()
	key := newKey(tb)
	der := ca.sign(tb, template, ca.cert, key)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	name := template.SerialNumber.String()
	return Pair{
		Cert: ca.write(tb, name+".pem", "CERTIFICATE", der),
		Key:  ca.write(tb, name+".key", "PRIVATE KEY", keyDER),
	}
}

func (ca *CA) template(name string) *x509.Certificate {
	ca.serial++
	return &x509.Certificate{
		SerialNumber: big.NewInt(ca.serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
}

func (ca *CA) sign(tb testing.TB, template, parent *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, ca.key)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func (ca *CA) write(tb testing.TB, name, kind string, der []byte) string {
	tb.Helper()
	file := filepath.Join(ca.dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}
