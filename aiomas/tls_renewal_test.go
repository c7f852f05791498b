package aiomas_test

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testlog"
)

// certDir holds the files of one end, which can be renewed.
type certDir struct{ ca, cert, key string }

func newCertDir(t *testing.T) certDir {
	t.Helper()
	dir := t.TempDir()
	return certDir{filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
}

func (d certDir) option() aiomas.TLSOption { return aiomas.WithTLSFiles(d.ca, d.cert, d.key) }

func put(t *testing.T, to, from string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// put copies a new pair of ca here, in steps between which the files do not belong
// together.
func (d certDir) put(t *testing.T, ca *testcert.CA, between func()) {
	t.Helper()
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	put(t, d.cert, pair.Cert)
	between()
	put(t, d.key, pair.Key)
	put(t, d.ca, ca.File)
}

// Renewed files are used without a restart, by both ends, whether the listener or
// the server has them; connections that there are go on.
func TestTLSFilesAreRenewed(t *testing.T) {
	for name, listens := range map[string]bool{"listener": true, "server": false} {
		t.Run(name, func(t *testing.T) {
			first, second := testcert.NewCA(t), testcert.NewCA(t)
			server, client := newCertDir(t), newCertDir(t)
			nothing := func() {}
			server.put(t, first, nothing)
			client.put(t, first, nothing)
			logger, log := testlog.NewErrors()
			var opts []aiomas.ListenOption
			if listens {
				opts = append(opts, server.option())
			}
			ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0", opts...)
			if err != nil {
				t.Fatal(err)
			}
			srv := aiomas.NewServer(echoService(), server.option(), aiomas.WithLogger(logger))
			served := make(chan error, 1)
			go func() { served <- srv.Serve(t.Context(), ln) }()
			defer func() {
				_ = srv.Close()
				<-served
			}()
			addr := aiomas.FormatAddress(ln.Addr())
			files := client.option()
			call := func(what string, option aiomas.TLSOption) {
				t.Helper()
				c, err := aiomas.Dial(t.Context(), addr, option)
				if err == nil {
					err = c.Remote("echo").Call(t.Context(), nil, 1)
					_ = c.Close()
				}
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			old := dial(t, addr, files)
			call("at first", files)
			server.put(t, second, func() {
				call("half renewed", files)
				call("half renewed, again", files)
				if !listens {
					if err := <-log; !strings.Contains(err.Error(), "private key does not match") {
						t.Errorf("the log says %v", err)
					}
				}
			})
			if c, err := aiomas.Dial(t.Context(), addr, files); err == nil {
				t.Error("the client trusts a CA that it has not got")
				_ = c.Close()
			}
			client.put(t, second, nothing)
			call("renewed, with the client's option of before", files)
			call("renewed, with a new one", client.option())
			if err := old.Remote("echo").Call(t.Context(), nil, 1); err != nil {
				t.Errorf("the old connection: %v", err)
			}
			if err := os.Remove(client.ca); err != nil {
				t.Fatal(err)
			}
			call("with a file removed", files)
		})
	}
}

// lineWriter hands out what is written, line by line.
type lineWriter chan string

func (w lineWriter) Write(b []byte) (int, error) {
	w <- string(b)
	return len(b), nil
}

// Health probes, which connect and close, are no warnings; a peer that begins to
// talk and is cut off is one.
func TestTLSHealthProbes(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	lines := make(lineWriter, 1)
	logger := slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, addr := startServer(t, echoService(), aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key), aiomas.WithLogger(logger))
	for name, tc := range map[string]struct {
		probe func(c *net.TCPConn) error
		level string
	}{
		"end":      {(*net.TCPConn).Close, "DEBUG"},
		"half end": {(*net.TCPConn).CloseWrite, "DEBUG"},
		"reset":    {func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) }, "DEBUG"},
		"half a record": {func(c *net.TCPConn) error {
			_, err := c.Write([]byte{0x16, 3})
			return errors.Join(err, c.CloseWrite())
		}, "WARN"},
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := tc.probe(c.(*net.TCPConn)); err != nil {
			t.Fatal(err)
		}
		if line := <-lines; !strings.Contains(line, "level="+tc.level) {
			t.Errorf("%s: the log says %s", name, line)
		}
		_ = c.Close()
	}
}
