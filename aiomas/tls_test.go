package aiomas_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

func TestTLSFiles(t *testing.T) {
	ca, otherCA := testcert.NewCA(t), testcert.NewCA(t)
	files := func(ca *testcert.CA, p testcert.Pair) aiomas.TLSOption {
		return aiomas.WithTLSFiles(ca.File, p.Cert, p.Key)
	}
	client := files(ca, ca.Issue(t, "client"))
	for _, c := range []struct {
		name           string
		server, client aiomas.TLSOption
		host           string
		want           string // in the client's error; empty: it works
	}{
		{"alternative names", files(ca, ca.Issue(t, "localhost", "127.0.0.1")), client, "localhost", ""},
		{"alternative address", files(ca, ca.Issue(t, "localhost", "127.0.0.1")), client, "127.0.0.1", ""},
		{"common name", files(ca, ca.IssueCommonName(t, "localhost")), client, "localhost", ""},
		{"wildcard common name", files(ca, ca.IssueCommonName(t, "*.example.org")), client, "agents.example.org", ""},
		{"common name is not the host", files(ca, ca.IssueCommonName(t, "elsewhere")), client, "localhost", "not localhost"},
		{"common name beside DNS names", files(ca, ca.Issue(t, "elsewhere")), client, "localhost", "not localhost"},
		{"address in the common name", files(ca, ca.IssueCommonName(t, "127.0.0.1")), client, "127.0.0.1", "Common Name"},
		{"other CA", files(otherCA, otherCA.Issue(t, "localhost")), client, "localhost", "unknown authority"},
		{"client of another CA", files(ca, ca.Issue(t, "localhost")), files(ca, otherCA.Issue(t, "client")), "localhost", "tls: "},
		{"TLS config", files(ca, ca.IssueCommonName(t, "localhost")), aiomas.WithTLS(&tls.Config{}), "localhost", "Common Name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, addr := startServer(t, echoService(), c.server)
			_, port, _ := net.SplitHostPort(strings.TrimPrefix(addr, "tcp://"))
			var dialer net.Dialer
			toLoopback := aiomas.WithDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
			})
			conn, err := aiomas.Dial(t.Context(), "tcp://"+net.JoinHostPort(c.host, port), c.client, toLoopback)
			if err == nil {
				defer conn.Close()
				// With TLS 1.3 a client learns only now that its certificate was refused.
				err = conn.Remote("echo").Call(t.Context(), nil, "x")
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestTLSFilesMissing(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost")
	for name, files := range map[string][3]string{
		"CA":            {"missing.pem", pair.Cert, pair.Key},
		"no CA":         {pair.Key, pair.Cert, pair.Key},
		"certificate":   {ca.File, "missing.pem", pair.Key},
		"key":           {ca.File, pair.Cert, "missing.key"},
		"another's key": {ca.File, pair.Cert, ca.Issue(t, "localhost").Key},
	} {
		_, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0", aiomas.WithTLSFiles(files[0], files[1], files[2]))
		if err == nil || !strings.HasPrefix(err.Error(), "aiomas: ") {
			t.Errorf("%s: %v", name, err)
		}
		if missing := strings.Contains(strings.Join(files[:], " "), "missing"); missing != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func echoService() aiomas.Service {
	r := aiomas.NewRouter()
	r.Expose("echo", func(x any) any { return x })
	return r
}
