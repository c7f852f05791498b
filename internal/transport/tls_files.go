package transport

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Files are the three PEM files of aiomas.WithTLSFiles. Changed files are read again for the next
// connection. Files are safe for concurrent use, since an option can be used several times.
type Files struct {
	ca, cert, key string

	mu   sync.Mutex
	seen [3]fs.FileInfo // of the files that tls was made from
	tls  *tls.Config    // immutable; nil: the files have never been valid
	told string         // text of the last error returned
}

// NewFiles returns the files without reading them.
func NewFiles(ca, cert, key string) *Files { return &Files{ca: ca, cert: cert, key: key} }

// TLS returns a TLS that follows the files. If the files have never been valid, it returns nil and
// the error.
func (f *Files) TLS() (*TLS, error) {
	config, err := f.current()
	if config == nil {
		return nil, err
	}
	t := &TLS{config: config.Clone(), files: f, commonNames: true}
	t.config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return t.present(), nil }
	return t, nil
}

// current returns the configuration made from the files. While they are invalid, for example when
// only one of them has been renewed yet, it returns the last valid one, and the error once.
func (f *Files) current() (*tls.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, err := f.stat() // before they are read, so that later changes are noticed the next time
	if err == nil && f.tls != nil && same(now, f.seen) {
		return f.tls, nil
	}
	var tc *tls.Config
	if err == nil {
		tc, err = f.load()
	}
	if err != nil {
		if f.tls != nil && err.Error() == f.told {
			return f.tls, nil
		}
		f.told = err.Error()
		return f.tls, err
	}
	f.tls, f.seen, f.told = tc, now, ""
	return f.tls, nil
}

func (f *Files) stat() (infos [3]fs.FileInfo, err error) {
	for i, path := range []string{f.ca, f.cert, f.key} {
		if infos[i], err = os.Stat(path); err != nil {
			return infos, fmt.Errorf("aiomas: WithTLSFiles: %w", err)
		}
	}
	return infos, nil
}

func same(a, b [3]fs.FileInfo) bool {
	for i := range a {
		if !os.SameFile(a[i], b[i]) || a[i].Size() != b[i].Size() || !a[i].ModTime().Equal(b[i].ModTime()) {
			return false
		}
	}
	return true
}

func (f *Files) load() (*tls.Config, error) {
	pem, err := os.ReadFile(f.ca)
	if err != nil {
		return nil, fmt.Errorf("aiomas: CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("aiomas: CA: %s contains no certificate", f.ca)
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("aiomas: certificate and key: %w", err)
	}
	tc := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}
	var tickets [32]byte
	_, _ = rand.Read(tickets[:])                 // it never fails
	tc.SetSessionTicketKeys([][32]byte{tickets}) // sessions allowed by another CA must not be resumed
	return tc, nil
}
