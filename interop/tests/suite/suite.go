// Package suite is what the test programs of this module have in common: how they
// end, the Go conformance peer, and a Go server.
package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

var cleanups []func() error

// AtExit runs f after all tests. It is for things made once for many tests, and
// for reports.
func AtExit(f func() error) { cleanups = append(cleanups, f) }

// Main runs the tests of m and ends the process. It fails also if goroutines are
// left, if what was given to AtExit does, or if a recorder saw a broken rule, and
// prints how much the recorders have read.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		for _, f := range cleanups {
			if err := f(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
		fmt.Fprintln(os.Stdout, recorder.Total())
		if recorder.Violations() > 0 && code == 0 {
			code = 1
		}
		os.Exit(code)
	}))
}

// GoPeer returns the command of the Go conformance peer, which is built once, so
// that it gets its signals, unlike with go run.
func GoPeer(tb testing.TB, args ...string) *exec.Cmd {
	tb.Helper()
	return program(tb, goPeer, args)
}

// Relay returns the command of the example of that name.
func Relay(tb testing.TB, args ...string) *exec.Cmd {
	tb.Helper()
	return program(tb, relay, args)
}

func program(tb testing.TB, build func() (string, error), args []string) *exec.Cmd {
	tb.Helper()
	bin, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	return exec.Command(bin, args...) //nolint:noctx // the test that starts it ends it
}

var goPeer, relay = builds("interop/peer"), builds("examples/relay")

// builds returns a function that builds a program of the library's module once.
func builds(path string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "aiomas-go")
		if err != nil {
			return "", err
		}
		AtExit(func() error { return os.RemoveAll(dir) })
		bin := filepath.Join(dir, filepath.Base(path))
		build := exec.Command("go", "build", "-o", bin, "github.com/aiomas-go/aiomas-go/"+path) //nolint:noctx // it ends by itself
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w\n%s", build.Args, err, out)
		}
		return bin, nil
	})
}

// Serve serves a Go service in this process at an address, until the test ends.
func Serve(tb testing.TB, listen string, service aiomas.Service, opts ...aiomas.ServerOption) (srv *aiomas.Server, addr string) {
	tb.Helper()
	ln, err := aiomas.Listen(tb.Context(), listen)
	if err != nil {
		tb.Fatal(err)
	}
	srv = aiomas.NewServer(service, opts...)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	tb.Cleanup(func() {
		_ = srv.Close()
		if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
			tb.Errorf("Serve returned %v", err)
		}
	})
	return srv, aiomas.FormatAddress(ln.Addr())
}
