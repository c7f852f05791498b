package aiomas_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// memoryNet is a network of pipes whose server can go away and come back.
type memoryNet struct {
	t      *testing.T
	up     atomic.Bool
	dials  atomic.Int32
	server atomic.Pointer[aiomas.Client]
	router *aiomas.Router
}

func (m *memoryNet) dial(context.Context, string, string) (net.Conn, error) {
	m.dials.Add(1)
	if !m.up.Load() {
		return nil, errors.New("nobody there")
	}
	a, b := net.Pipe()
	ch, err := aiomas.NewChannel(b)
	if err != nil {
		m.t.Error(err)
	}
	m.server.Store(aiomas.NewClient(ch, m.router))
	return a, nil
}

func (m *memoryNet) stop() {
	m.up.Store(false)
	_ = m.server.Load().Close()
}

func TestReconnector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lost atomic.Int32
		m := &memoryNet{t: t, router: newService(t)}
		m.router.Expose("stuck", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		repeatable := false
		r, err := aiomas.NewReconnector("tcp://memory:1", aiomas.ReconnectPolicy{
			First: time.Second, Most: 8 * time.Second,
			Repeat: func(path string) bool { return repeatable && path == "stuck" },
			Lost:   func(string, error) { lost.Add(1) },
		}, aiomas.WithDialer(m.dial))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()

		// While nobody is there, calls wait as long as their contexts allow.
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		const gaveUp = "aiomas: connect to tcp://memory:1: context deadline exceeded (the last attempt: cannot connect to tcp://memory:1: nobody there)"
		if err := r.Call(ctx, nil, "nothing"); !errors.Is(err, context.DeadlineExceeded) || err.Error() != gaveUp {
			t.Errorf("nobody there: %v", err)
		}
		if n := m.dials.Load(); n < 6 || n > 14 {
			t.Errorf("%d attempts in 40 s", n) // 1+2+4+8+8+8+8 s, each up to half shorter
		}
		// Then they go through.
		m.up.Store(true)
		var sum int
		if err := r.Call(t.Context(), &sum, "add", 1, 2); err != nil || sum != 3 {
			t.Fatalf("%d, %v", sum, err)
		}
		// A call whose connection is lost fails, unless it may be repeated.
		fail := func(rep bool) error {
			repeatable = rep
			ended := make(chan error, 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			go func() { ended <- r.Call(ctx, nil, "stuck") }()
			synctest.Wait()
			m.stop()
			synctest.Wait()
			m.up.Store(true)
			return <-ended
		}
		if err := fail(false); !errors.Is(err, aiomas.ErrConnection) {
			t.Errorf("a lost call: %v", err)
		}
		if err := r.Call(t.Context(), &sum, "add", 2, 2); err != nil || sum != 4 {
			t.Fatalf("after it: %d, %v", sum, err)
		}
		if err := fail(true); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a repeated call: %v", err)
		}
		synctest.Wait()
		if lost.Load() != 2 {
			t.Errorf("Lost was called %d times", lost.Load())
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := r.Call(t.Context(), nil, "nothing"); !errors.Is(err, aiomas.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
		_ = m.server.Load().Close()
	})
}

func TestReconnectorChecksItsSettings(t *testing.T) {
	for _, f := range []func() (*aiomas.Reconnector, error){
		func() (*aiomas.Reconnector, error) { return aiomas.NewReconnector("x", aiomas.ReconnectPolicy{}) },
		func() (*aiomas.Reconnector, error) {
			return aiomas.NewReconnector("tcp://h:1", aiomas.ReconnectPolicy{First: time.Hour, Most: time.Second})
		},
		func() (*aiomas.Reconnector, error) {
			return aiomas.NewReconnector("tcp://h:1", aiomas.ReconnectPolicy{}, aiomas.WithCodec(nil))
		},
	} {
		if _, err := f(); err == nil {
			t.Error("no error")
		}
	}
}

// A server that accepts and hangs up is not called in a loop, and the callback
// may use the reconnector, also when the connection is lost at once.
func TestReconnectorOfServerThatHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials, lost atomic.Int32
		var r *aiomas.Reconnector
		over, cancel := context.WithCancel(t.Context())
		cancel()
		r, err := aiomas.NewReconnector("tcp://memory:1", aiomas.ReconnectPolicy{
			First: time.Second, Most: 8 * time.Second,
			Repeat: func(string) bool { return true },
			Lost: func(string, error) {
				lost.Add(1)
				_, _ = r.Client(over)
			},
		}, aiomas.WithDialer(func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			a, b := net.Pipe()
			return a, b.Close()
		}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err = r.Call(ctx, nil, "nothing")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, aiomas.ErrConnection) {
			t.Errorf("got %v, want the deadline and why there was no connection", err)
		}
		if n := dials.Load(); n < 70 || n > 200 { // 8 s apart, shortened by up to half
			t.Errorf("%d attempts in ten minutes", n)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if lost.Load() < dials.Load()-2 {
			t.Errorf("%d of %d losses were told", lost.Load(), dials.Load())
		}
	})
}
