package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// shutdownType is what stands for ErrShuttingDown on the wire.
const shutdownType aiomas.ExceptionType = "aiomas_go.shutdown.ConnectionError"

// A caller knows a refusal by the exact type of the exception, by no text.
func TestErrShuttingDownIsAType(t *testing.T) {
	for last, want := range map[string]bool{
		"aiomas_go.shutdown.ConnectionError: the peer is shutting down":    true,
		"aiomas_go.shutdown.ConnectionError":                               true,
		"ConnectionError: the peer is shutting down":                       false,
		"shutdown.ConnectionError: the peer is shutting down":              false,
		"my.aiomas_go.shutdown.ConnectionError: the peer is shutting down": false,
		"aiomas_go.shutdown.ConnectionErrors: x":                           false,
		"ValueError: aiomas_go.shutdown.ConnectionError: x":                false,
		"ValueError: x\\naiomas_go.shutdown.ConnectionError: x":            false,
		// Another peer's refusal that a function of Python's did not catch.
		"aiomas.exceptions.RemoteException: Origin: ('h', 1)\\n" +
			"Traceback (most recent call last):\\naiomas_go.shutdown.ConnectionError: the peer is shutting down\\n": false,
	} {
		c, raw := newRawClient(t, nil)
		p := c.Remote("f").Go(t.Context(), nil)
		raw.recv()
		raw.send(`[2, 0, "Traceback (most recent call last):\n` + last + `\n"]`)
		err := p.Wait(t.Context())
		if !errors.As(err, new(*aiomas.RemoteError)) || errors.Is(err, aiomas.ErrShuttingDown) != want {
			t.Errorf("%s: %#v", last, err)
		}
	}
}

// A Go server that passes on another's refusal has run the call.
func TestErrShuttingDownIsNotPassedOn(t *testing.T) {
	behind, raw := newRawClient(t, nil)
	r := aiomas.NewRouter()
	r.Expose("direct", func(ctx context.Context) error { return behind.Remote("f").Call(ctx, nil) })
	r.Expose("wrapped", func(ctx context.Context) error {
		return fmt.Errorf("behind: %w", behind.Remote("f").Call(ctx, nil))
	})
	_, addr := startServer(t, r)
	c := dial(t, addr)
	for i, name := range []string{"direct", "wrapped"} {
		p := c.Remote(name).Go(t.Context(), nil)
		raw.recv()
		raw.send(fmt.Sprintf(`[2, %d, "Traceback (most recent call last):\n%s: the peer is shutting down\n"]`, i, shutdownType))
		err := p.Wait(t.Context())
		if errors.Is(err, aiomas.ErrShuttingDown) || !strings.Contains(err.Error(), "the peer is shutting down") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Calls that a server refuses because it shuts down go to the next server if they
// may be repeated. Not one of them is run twice, and those under way on the first
// server have their results from it.
func TestReconnectorLeavesAServerThatShutsDown(t *testing.T) {
	const callers, each = 8, 50
	var runs atomic.Int32
	begun, release := make(chan struct{}), make(chan struct{})
	service := func(name string) *aiomas.Router {
		r := aiomas.NewRouter()
		r.Expose("slow", func() string { close(begun); <-release; return name })
		r.Expose("who", func() string { runs.Add(1); return name })
		return r
	}
	first, addr := startServer(t, service("first"))
	var lost atomic.Int32
	client, err := aiomas.NewReconnector(addr, aiomas.ReconnectPolicy{
		First: time.Millisecond, Most: 20 * time.Millisecond,
		Repeat: func(path string) bool { return path == "who" },
		Lost:   func(string, error) { lost.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	slow := make(chan error, 1)
	var by string
	go func() { slow <- client.Call(t.Context(), &by, "slow") }()
	<-begun
	old, err := client.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	down := make(chan error, 1)
	go func() { down <- first.Shutdown(t.Context()) }()
	for errors.Is(old.Remote("other").Call(t.Context(), nil), aiomas.LookupError) { // it has not begun
	}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				var who string
				if err := client.Call(t.Context(), &who, "who"); err != nil || who != "second" {
					t.Errorf("%q, %v", who, err)
				}
			}
		})
	}
	ln, err := net.Listen("tcp", strings.TrimPrefix(addr, "tcp://")) // while the calls wait for somebody
	if err != nil {
		t.Fatal(err)
	}
	second, served := aiomas.NewServer(service("second")), make(chan error, 1)
	go func() { served <- second.Serve(context.Background(), ln) }()
	wg.Wait()
	if n := runs.Load(); n != callers*each {
		t.Errorf("%d calls were run %d times", callers*each, n)
	}
	if old.Err() != nil || lost.Load() != 0 {
		t.Errorf("the first connection has ended: %v, %d losses were told", old.Err(), lost.Load())
	}
	close(release)
	if err := <-slow; err != nil || by != "first" {
		t.Errorf("the call under way: %q, %v", by, err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
	_ = second.Close()
	if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
		t.Error(err)
	}
}

// A call that may not be repeated is not, since the peer's word alone says that it
// was not run: here it lies. The next call has another connection all the same,
// but a peer that lies again and again is not sent ever more connections.
func TestReconnectorDoesNotTrustARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var once, again atomic.Int32
		m := &memoryNet{t: t, router: newService(t)}
		m.router.Expose("once", func() error { once.Add(1); return shutdownType.New("no") })
		m.router.Expose("again", func() error { again.Add(1); return shutdownType.New("no") })
		m.up.Store(true)
		r, err := aiomas.NewReconnector("tcp://memory:1", aiomas.ReconnectPolicy{
			Repeat: func(path string) bool { return path == "again" },
		}, aiomas.WithDialer(m.dial))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Call(t.Context(), nil, "once"); !errors.Is(err, aiomas.ErrShuttingDown) {
			t.Errorf("once: %v", err)
		}
		var sum int
		if err := r.Call(t.Context(), &sum, "add", 1, 2); err != nil || sum != 3 || m.dials.Load() != 2 {
			t.Errorf("%d, %v with %d connections", sum, err, m.dials.Load())
		}
		if err := r.Call(t.Context(), nil, "again"); !errors.Is(err, aiomas.ErrShuttingDown) {
			t.Errorf("again: %v", err)
		}
		if once.Load() != 1 || again.Load() != 4 || m.dials.Load() != 5 {
			t.Errorf("run %d and %d times on %d connections", once.Load(), again.Load(), m.dials.Load())
		}
		if err := r.Call(t.Context(), &sum, "add", 2, 2); err != nil || sum != 4 || m.dials.Load() != 5 {
			t.Errorf("%d, %v with %d connections", sum, err, m.dials.Load())
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A server that accepts and refuses is not called in a loop, and the error says
// both.
func TestReconnectorOfServerThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32
		var wg sync.WaitGroup
		r, err := aiomas.NewReconnector("tcp://memory:1", aiomas.ReconnectPolicy{
			First: time.Second, Most: 8 * time.Second,
			Repeat: func(string) bool { return true },
		}, aiomas.WithDialer(func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			a, b := net.Pipe()
			wg.Go(func() {
				defer b.Close()
				raw := rawPeer{t, b}
				if _, err := raw.tryRecv(); err == nil {
					raw.send(`[2, 0, "Traceback (most recent call last):\n` + string(shutdownType) + `: no\n"]`)
				}
			})
			return a, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err = r.Call(ctx, nil, "nothing")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, aiomas.ErrShuttingDown) {
			t.Errorf("got %v, want the deadline and why there was no result", err)
		}
		if n := dials.Load(); n < 70 || n > 200 { // 8 s apart, shortened by up to half
			t.Errorf("%d attempts in ten minutes", n)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}
