//go:build unix

package aiomas_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// Run ends in order, whoever wants the end: the call under way has its reply.
func TestRun(t *testing.T) {
	for name, end := range map[string]func(srv *aiomas.Server, cancel context.CancelFunc){
		"ctx":      func(_ *aiomas.Server, cancel context.CancelFunc) { cancel() },
		"SIGTERM":  func(*aiomas.Server, context.CancelFunc) { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) },
		"SIGINT":   func(*aiomas.Server, context.CancelFunc) { _ = syscall.Kill(os.Getpid(), syscall.SIGINT) },
		"Shutdown": func(srv *aiomas.Server, _ context.CancelFunc) { go func() { _ = srv.Shutdown(context.Background()) }() },
	} {
		t.Run(name, func(t *testing.T) {
			service := aiomas.NewRouter()
			begun, release := make(chan struct{}), make(chan struct{})
			service.Expose("slow", func() int { close(begun); <-release; return 1 })
			service.Expose("echo", func(x any) any { return x })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			srv := aiomas.NewServer(service)
			ready, ended := make(chan string, 1), make(chan error, 1)
			go func() { ended <- srv.Run(ctx, "tcp://127.0.0.1:0", func(addr string) { ready <- addr }) }()
			c := dial(t, <-ready)
			call := c.Remote("slow").Go(t.Context(), nil)
			<-begun
			end(srv, cancel)
			for c.Remote("echo").Call(t.Context(), nil, 1) == nil { // until it has begun to end
			}
			close(release)
			if err := call.Wait(t.Context()); err != nil {
				t.Errorf("the call under way: %v", err)
			}
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
}

// What keeps Run from serving is its error, but for an end that came before.
func TestRunFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ready := func(addr string) { t.Errorf("ready at %s", addr) }
	if err := aiomas.NewServer(newService(t)).Run(t.Context(), "unix://"+path, ready); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a path in use: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := aiomas.NewServer(newService(t)).Run(over, "tcp://127.0.0.1:0", nil); err != nil {
		t.Errorf("an end before the beginning: %v", err)
	}
}

// ready gets an address that can be dialled as it is.
func TestRunTellsItsAddress(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	files := aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key)
	for addr, opts := range map[string][]aiomas.ServerOption{
		"tcp://localhost:0":                           nil,
		"tcp+tls://localhost:0":                       {files},
		"unix://" + filepath.Join(t.TempDir(), "run"): nil,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		err := aiomas.NewServer(echoService(), opts...).Run(ctx, addr, func(actual string) {
			defer cancel()
			scheme, _, _ := strings.Cut(addr, ":")
			if !strings.HasPrefix(actual, scheme+"://") || strings.HasSuffix(actual, ":0") {
				t.Errorf("%s: it listens on %s", addr, actual)
			}
		})
		if err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
