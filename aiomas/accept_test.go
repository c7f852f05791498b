package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// failingListener fails with one error after the other, and then accepts.
type failingListener struct {
	net.Listener
	errs chan error
}

func (l failingListener) Accept() (net.Conn, error) {
	select {
	case err := <-l.errs:
		return nil, err
	default:
		return l.Listener.Accept()
	}
}

type temporary struct{ error }

func (temporary) Temporary() bool { return true }

func TestServeWhenAcceptFails(t *testing.T) {
	accept := func(err error) error {
		return &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept", err)}
	}
	for name, c := range map[string]struct {
		err   error
		again bool
	}{
		"EMFILE":         {accept(syscall.EMFILE), true},
		"ENFILE":         {accept(syscall.ENFILE), true},
		"ENOBUFS":        {accept(syscall.ENOBUFS), true},
		"ENOMEM":         {accept(syscall.ENOMEM), true},
		"ECONNABORTED":   {accept(syscall.ECONNABORTED), true},
		"EPROTO":         {accept(syscall.EPROTO), true},
		"temporary":      {temporary{io.EOF}, true},
		"in another one": {fmt.Errorf("mux: %w", temporary{io.EOF}), true},
		"EINVAL":         {accept(syscall.EINVAL), false},
		"EBADF":          {accept(syscall.EBADF), false},
		"io.EOF":         {io.EOF, false},
		"net.ErrClosed":  {accept(net.ErrClosed), false},
		"of its own":     {errors.New("mux: server closed"), false},
	} {
		if errno := syscall.Errno(0); runtime.GOOS == "windows" && errors.As(c.err, &errno) {
			continue // it has others
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := local.NewNetwork()
				ln, err := n.Listen("q")
				if err != nil {
					t.Fatal(err)
				}
				failing := failingListener{ln, make(chan error, 5)}
				for range cap(failing.errs) {
					failing.errs <- c.err
				}
				srv := aiomas.NewServer(newService(t))
				served := make(chan error, 1)
				go func() { served <- srv.Serve(context.Background(), failing) }()
				if c.again {
					conn, err := n.Dial(t.Context(), "q")
					if err != nil {
						t.Fatal(err)
					}
					raw := rawPeer{t, conn}
					raw.send(`[0, 0, ["nothing", [], {}]]`)
					raw.expect(`[1, 0, null]`)
					_ = conn.Close()
					_ = srv.Close()
					if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
						t.Error(err)
					}
					return
				}
				if err := <-served; !errors.Is(err, c.err) {
					t.Error(err)
				}
				_ = srv.Close()
			})
		})
	}
}

// Connections go on when their listener has ended, and end with the context of
// Serve.
func TestContextOfServeAfterItsListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newService(t))
		c := w.client(t)
		synctest.Wait()
		_ = w.ln.Close()
		if err := <-w.served; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := c.Remote("nothing").Call(t.Context(), nil); err != nil {
			t.Error(err)
		}
		w.cancel()
		<-c.Done()
		synctest.Wait()
		if n := len(w.srv.Clients()); n > 0 {
			t.Errorf("%d connections are left", n)
		}
		_ = c.Close()
	})
}
