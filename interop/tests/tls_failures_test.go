package tests

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	encjson "encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testlog"
)

// probed is what tls_probe.py says.
type probed struct {
	Result  int
	Version string
	Cipher  string
	Error   string
	Message string
}

func probeTLS(t *testing.T, py pyenv.Python, args ...string) probed {
	t.Helper()
	cmd := py.Command(t, "tls_probe.py", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var p probed
	if err == nil {
		err = encjson.Unmarshal(out, &p)
	}
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	return p
}

// An errorCheck tells whether an error is of the kind that a row wants.
type errorCheck func(error) bool

// as wants an error of type T.
func as[T error]() errorCheck {
	return func(err error) bool {
		var target T
		return errors.As(err, &target)
	}
}

// is wants an error that wraps target.
func is(target error) errorCheck {
	return func(err error) bool { return errors.Is(err, target) }
}

func says(text string) errorCheck {
	return func(err error) bool { return strings.Contains(err.Error(), text) }
}

func expired(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

func checkError(t *testing.T, who string, err error, checks ...errorCheck) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", who)
		return
	}
	for i, check := range checks {
		if !check(err) {
			t.Errorf("%s: %v (%T) fails check %d", who, err, err, i)
		}
	}
}

// noCertificate trusts the CA but shows no certificate.
func noCertificate(t *testing.T, ca *testcert.CA) aiomas.DialOption {
	t.Helper()
	pem, err := os.ReadFile(ca.File)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return aiomas.WithTLS(&tls.Config{RootCAs: pool})
}

// Go calls a Python server that it does not accept, or that does not accept
// it. A Python server sends no alert, it only hangs up.
func TestTLSFailuresGoCalls(t *testing.T) {
	ca, otherCA := testcert.NewCA(t), testcert.NewCA(t)
	good, client := ca.Issue(t, "localhost", "127.0.0.1"), ca.Issue(t, "client")
	stranger := otherCA.Issue(t, "client")
	files := tlsFilesOption(ca, client)
	refused := []errorCheck{as[*aiomas.TLSError](), says("it may not accept this end's certificate")}
	plainServer := testcert.Pair{}
	soon := aiomas.WithLimits(aiomas.Limits{HandshakeTimeout: 200 * time.Millisecond})
	for _, r := range []struct {
		name   string
		server testcert.Pair
		client []aiomas.DialOption
		want   []errorCheck
	}{
		{"server of another CA", otherCA.Issue(t, "127.0.0.1"), []aiomas.DialOption{files},
			[]errorCheck{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), as[x509.UnknownAuthorityError]()}},
		{"server of another name", ca.Issue(t, "elsewhere"), []aiomas.DialOption{files},
			[]errorCheck{as[*aiomas.TLSError](), as[x509.HostnameError]()}},
		{"server's certificate expired", ca.IssueExpired(t, "127.0.0.1"), []aiomas.DialOption{files},
			[]errorCheck{as[*aiomas.TLSError](), expired}},
		{"no certificate", good, []aiomas.DialOption{noCertificate(t, ca)}, refused},
		{"certificate of another CA", good, []aiomas.DialOption{aiomas.WithTLSFiles(ca.File, stranger.Cert, stranger.Key)}, refused},
		{"certificate expired", good, []aiomas.DialOption{tlsFilesOption(ca, ca.IssueExpired(t, "client"))}, refused},
		{"plain TCP to a TLS server", good, nil,
			[]errorCheck{as[*aiomas.ConnectionError](), is(io.EOF), says("does it expect codec json and no TLS?")}},
		{"TLS to a plain server", plainServer, []aiomas.DialOption{files, soon},
			[]errorCheck{as[*aiomas.TLSError](), is(context.DeadlineExceeded), says("the peer may expect plain TCP")}},
	} {
		for _, py := range pyenv.RequireEnds(t) {
			for version := range tlsVersions {
				t.Run(r.name+"/"+py.String()+"/TLS "+version, func(t *testing.T) {
					t.Parallel()
					args := []string{"--listen", "tcp://127.0.0.1:0", "--tls-version", version}
					if r.server != plainServer {
						args = append(args, tlsArgs(ca, r.server)...)
					}
					peer := py.StartPeer(t, args...)
					for range 5 {
						conn, err := aiomas.Dial(t.Context(), peer.Addr, r.client...)
						if err == nil {
							err = conn.Remote("add").Call(t.Context(), nil, 1, 2)
							_ = conn.Close()
						}
						checkError(t, "Go gets", err, r.want...)
					}
				})
			}
		}
	}
}

// Python calls a Go server that it does not accept, or that does not accept it.
// The server logs why, and its other connections go on.
func TestTLSFailuresPythonCalls(t *testing.T) {
	ca, otherCA := testcert.NewCA(t), testcert.NewCA(t)
	good, client := ca.Issue(t, "localhost", "127.0.0.1"), ca.Issue(t, "client")
	// A Python client sends no alert either.
	refused := []errorCheck{as[*aiomas.TLSError](), says("the peer hung up; it may not accept this end's certificate")}
	plain := testcert.Pair{}
	for _, r := range []struct {
		name   string
		server testcert.Pair
		client []string
		want   []errorCheck // in the server's log
		python string       // in what Python says, where it says more than that it lost the connection
	}{
		{"server of another CA", otherCA.Issue(t, "127.0.0.1"), tlsArgs(ca, client), refused, "certificate verify failed"},
		{"server of another name", ca.Issue(t, "elsewhere"), tlsArgs(ca, client), refused, "IP address mismatch"},
		{"server's certificate expired", ca.IssueExpired(t, "127.0.0.1"), tlsArgs(ca, client), refused, "certificate has expired"},
		{"no certificate", good, []string{"--tls-ca", ca.File},
			[]errorCheck{as[*aiomas.TLSError](), says("didn't provide a certificate")}, ""},
		{"certificate of another CA", good, tlsArgs(ca, otherCA.Issue(t, "client")),
			[]errorCheck{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), as[x509.UnknownAuthorityError]()}, ""},
		{"certificate expired", good, tlsArgs(ca, ca.IssueExpired(t, "client")),
			[]errorCheck{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), expired}, ""},
		{"plain TCP to a TLS server", good, nil,
			[]errorCheck{as[*aiomas.TLSError](), as[tls.RecordHeaderError](), says("does not speak TLS but plain TCP, with codec json")}, ""},
		{"TLS to a plain server", plain, tlsArgs(ca, client),
			[]errorCheck{as[*aiomas.ProtocolError](), says("look like TLS")}, ""},
	} {
		for _, py := range pyenv.RequireEnds(t) {
			for version := range tlsVersions {
				t.Run(r.name+"/"+py.String()+"/TLS "+version, func(t *testing.T) {
					t.Parallel()
					logger, log := testlog.NewErrors()
					opts := []aiomas.ServerOption{aiomas.WithLogger(logger)}
					var trusting aiomas.DialOption
					if r.server != plain {
						opts = append(opts, tlsFilesOption(ca, r.server))
						pair, err := tls.LoadX509KeyPair(client.Cert, client.Key)
						if err != nil {
							t.Fatal(err)
						}
						trusting = aiomas.WithTLS(&tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true}) //nolint:gosec // its certificate is bad on purpose
					}
					addr := startAdder(t, opts...)
					bystander, err := aiomas.Dial(t.Context(), addr, trusting)
					if err != nil {
						t.Fatal(err)
					}
					defer bystander.Close()

					got := probeTLS(t, py, append(slices.Clone(r.client), "--tls-version", version, "--connect", addr)...)
					if got.Error == "" || !strings.Contains(got.Message, r.python) {
						t.Errorf("Python gets %+v, want an error with %q", got, r.python)
					}
					checkError(t, "the Go server logs", <-log, r.want...)
					if n, err := aiomas.Call[int](t.Context(), bystander.Remote("add"), 1, 2); n != 3 || err != nil {
						t.Errorf("a bystander gets %d, %v", n, err)
					}
				})
			}
		}
	}
}
