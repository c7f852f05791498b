//go:build unix

package reliability

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// A server whose file descriptors are used up goes on with the connections that it
// has, and accepts again when some have been closed.
func TestServerWithoutDescriptors(t *testing.T) {
	const descriptors, clients = 40, 60
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		var cmd *exec.Cmd
		if language == "python" {
			cmd = python(t).Command(t, "peer.py", listenArgs(c)...)
		} else {
			cmd = suite.GoPeer(t, listenArgs(c)...)
		}
		limited := append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, descriptors)}, cmd.Args...)
		cmd = exec.Command("sh", limited...) //nolint:gosec // its own arguments
		peer := pyenv.Start(&terse{TB: t}, cmd)
		ledger.inject("descriptors used up", 1)

		// Connections wait in the listen queue when they are not accepted.
		conns := make([]*aiomas.Client, clients)
		ended := make(chan int, clients)
		for i := range conns {
			conns[i] = dial(t, peer.Addr, aiomas.WithCodec(c), recorded(t, language, c))
			call := conns[i].Remote("add").Go(t.Context(), nil, i, 1)
			go func() {
				if call.Wait(context.Background()) == nil {
					ended <- i
				}
			}()
		}
		served := map[int]bool{}
		for len(served) < 10 {
			served[within(t, harmless, "an answer", ended)] = true
		}
		var o outcomes
		for i := range served { // these go on
			err := conns[i].Remote("add").Call(t.Context(), nil, i, 1)
			o.add(outcome(err), err)
		}
		// Each one that ends makes room for another.
		for len(served) < clients {
			for i := range served {
				if conns[i] != nil {
					go conns[i].Close()
					conns[i] = nil
				}
			}
			i := within(t, harmless, "an answer after others ended", ended)
			served[i] = true
			o.add("ok", nil)
		}
		ledger.judge(t, "a server without descriptors", &o)
	})
}

// A Go client and a Go server whose process has no descriptors left go on with what
// they have; connecting fails with the system's error, and works again afterwards.
// It runs in a process of its own.
func TestProcessWithoutDescriptors(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), harmless)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0]) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), helperVariable+"=descriptors")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	ledger.inject("descriptors used up", 1)
}

func init() { roles["descriptors"] = withoutDescriptors }

// withoutDescriptors is what that process does.

func withoutDescriptors() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ln, err := aiomas.Listen(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := aiomas.NewServer(conformance())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	addr := aiomas.FormatAddress(ln.Addr())
	call := func(c *aiomas.Client) error { return c.Remote("add").Call(ctx, nil, 1, 2) }

	before, err := aiomas.Dial(ctx, addr)
	if err != nil {
		return err
	}
	if err := call(before); err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	var files []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		files = append(files, f)
	}
	if _, err := aiomas.Dial(ctx, addr); !errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("Dial without descriptors: %w", err)
	}
	if err := call(before); err != nil {
		return fmt.Errorf("the connection from before: %w", err)
	}
	// One descriptor: the client gets it, and the server has none to accept with.
	_ = files[0].Close()
	waiting, err := aiomas.Dial(ctx, addr)
	if err != nil {
		return err
	}
	answered := make(chan error, 1)
	go func() { answered <- call(waiting) }()
	for range 1000 {
		if err := call(before); err != nil {
			return fmt.Errorf("the connection from before: %w", err)
		}
	}
	select {
	case err := <-answered:
		return fmt.Errorf("a connection without a descriptor was answered: %w", err)
	default:
	}
	for _, f := range files[1:] {
		_ = f.Close()
	}
	if err := <-answered; err != nil {
		return fmt.Errorf("the connection that waited: %w", err)
	}
	_ = before.Close()
	_ = waiting.Close()
	if err := srv.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
		return err
	}
	return nil
}
