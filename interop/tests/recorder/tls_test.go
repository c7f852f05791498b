package recorder

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// What goes through TLS is read too, whatever the ends agree on and whichever of
// them is Go; and the ends see each other.
func TestRecorderReadsTLS(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	for version, suites := range map[uint16][]uint16{
		tls.VersionTLS12: {tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
		tls.VersionTLS13: nil,
	} {
		for _, ours := range []Side{Dialler, Listener} {
			name := fmt.Sprintf("%s/Go is %d", tls.VersionName(version), ours)
			if suites == nil {
				t.Run(name, func(t *testing.T) { recordTLS(t, pair, &tls.Config{MinVersion: version}, ours) })
				continue
			}
			read := 0
			for _, s := range suites {
				t.Run(name+"/"+tls.CipherSuiteName(s), func(t *testing.T) {
					if recordTLS(t, pair, &tls.Config{MaxVersion: version, CipherSuites: []uint16{s}}, ours) {
						read++
					}
				})
			}
			if read == 0 {
				t.Errorf("%s: no suite fits the certificate", name)
			}
		}
	}
}

// recordTLS lets a client and a server talk, one of them breaks a rule, and tells
// whether they could agree on a cipher suite.
func recordTLS(t *testing.T, pair testcert.Pair, config *tls.Config, ours Side) bool {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	config.Certificates = []tls.Certificate{cert}
	config.InsecureSkipVerify = true
	config.ClientAuth = tls.RequireAnyClientCert
	server, client := config.Clone(), config.Clone()
	if ours == Dialler { // Python logs
		server.KeyLogWriter = log
	} else {
		client.KeyLogWriter = log
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	answered := make(chan error, 1)
	go func() { answered <- answerOnce(ln) }()

	var reports []string
	r := newRecorder(t, json.Codec, ours, []Option{TLS(log.Name())})
	r.report = func(format string, args ...any) { reports = append(reports, fmt.Sprintf(format, args...)) }
	before := recorded.violations.Load()
	defer func() { recorded.violations.Store(before) }()
	conn, err := r.dial(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	secure := tls.Client(conn, client)
	defer secure.Close()
	_, err = secure.Write([]byte("\x00\x00\x00\x16[0, 0, [\"\", [], {}]]  \x00\x00\x00\x14" + `[0, 1, ["f", 1, {}]]`))
	if err == nil {
		_, err = io.ReadAll(secure)
	}
	if e := <-answered; err == nil {
		err = e
	}
	_ = secure.Close()
	r.Close()
	if err != nil {
		if config.CipherSuites != nil && strings.Contains(err.Error(), "handshake failure") {
			return false // for another kind of certificate
		}
		t.Fatal(err)
	}
	want := map[Side]string{Dialler: "not [path, args, kwargs]", Listener: "another reply to id 0"}[ours]
	if len(reports) == 0 || !strings.Contains(strings.Join(reports, "\n"), want) {
		t.Errorf("reported %q, want %q", reports, want)
	}
	for _, report := range reports {
		if strings.Contains(report, "TLS") {
			t.Error(report)
		}
	}
	return true
}

// answerOnce replies twice to the request 0.
func answerOnce(ln net.Listener) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, 50)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("\x00\x00\x00\x0c[1, 0, null]\x00\x00\x00\x0c[1, 0, null]")); err != nil {
		return err
	}
	return conn.(*tls.Conn).CloseWrite()
}

// A recorder without the secrets says so.
func TestRecorderWithoutSecrets(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	answered := make(chan error, 1)
	go func() { answered <- answerOnce(ln) }()
	var reports []string
	r := newRecorder(t, json.Codec, Dialler, []Option{TLS(filepath.Join(t.TempDir(), "none")), MayAbort()})
	r.report = func(format string, args ...any) { reports = append(reports, fmt.Sprintf(format, args...)) }
	conn, err := r.dial(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	if _, err := secure.Write(make([]byte, 50)); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
	_ = secure.Close()
	r.Close()
	if len(reports) != 1 || !strings.Contains(reports[0], errNoSecret.Error()) {
		t.Errorf("reported %q", reports)
	}
}
