package tests

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// A server decides by the certificate of the peer, and for each path, who may call
// what: Python clients and Go clients alike.
func TestTLSAuthorize(t *testing.T) {
	ca := testcert.NewCA(t)
	addr := startAdder(t, tlsFilesOption(ca, ca.Issue(t, "127.0.0.1")), aiomas.WithAuthorize(func(_ context.Context, c *aiomas.Client, path string) error {
		chain := c.Channel().NetConn().(*tls.Conn).ConnectionState().PeerCertificates
		if who := chain[0].Subject.CommonName; who != "adder" {
			return aiomas.PermissionError.New(fmt.Sprintf("%s may not call %s", who, path))
		}
		return nil
	}))
	for who, refusal := range map[string]string{"adder": "", "stranger": "PermissionError: stranger may not call add"} {
		pair := ca.Issue(t, who)
		conn, err := aiomas.Dial(t.Context(), addr, tlsFilesOption(ca, pair))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		n, err := aiomas.Call[int](t.Context(), conn.Remote("add"), 1, 2)
		if allowed := refusal == ""; allowed && (err != nil || n != 3) || !allowed && (err == nil || !strings.Contains(err.Error(), refusal)) {
			t.Errorf("Go as %s: %d, %v", who, n, err)
		}
		for _, py := range pyenv.RequireEnds(t) {
			for version := range tlsVersions {
				got := probeTLS(t, py, append(tlsArgs(ca, pair), "--tls-version", version, "--connect", addr)...)
				if allowed := refusal == ""; allowed && (got.Error != "" || got.Result != 3) || !allowed && !strings.Contains(got.Message, refusal) {
					t.Errorf("%v as %s: %+v", py, who, got)
				}
			}
		}
	}
}
