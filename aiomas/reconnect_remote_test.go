package aiomas_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// A proxy of the reconnector outlives connections: it can be called in each way
// that other proxies can.
func TestReconnectorRemote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memoryNet{t: t, router: newService(t)}
		m.up.Store(true)
		var told []string
		r, err := aiomas.NewReconnector("tcp://memory:1", aiomas.ReconnectPolicy{
			Connected: func(peer string) { told = append(told, "connected "+peer) },
			Lost:      func(peer string, err error) { told = append(told, "lost "+peer) },
		}, aiomas.WithDialer(m.dial))
		if err != nil {
			t.Fatal(err)
		}
		add := r.Remote("add")
		if s := add.String(); s != `Proxy("tcp://memory:1", "add")` || add.Client() != nil || !add.Equal(r.Remote("add")) {
			t.Errorf("it is %s of %v", s, add.Client())
		}
		for range 2 {
			var sum int
			if err := add.Call(t.Context(), &sum, 1, 2); err != nil || sum != 3 {
				t.Errorf("Call: %d, %v", sum, err)
			}
			if sum, err := aiomas.Call[int](t.Context(), add, 2, 2); err != nil || sum != 4 {
				t.Errorf("Call[int]: %d, %v", sum, err)
			}
			pending := add.Go(t.Context(), &sum, 2, 3)
			if err := pending.Wait(t.Context()); err != nil || sum != 5 {
				t.Errorf("Go: %d, %v", sum, err)
			}
			m.stop()
			synctest.Wait()
			m.up.Store(true)
		}
		m.up.Store(false)
		pending := add.Go(t.Context(), nil, 1, 2)
		pending.Cancel()
		if err := pending.Wait(t.Context()); !errors.Is(err, context.Canceled) {
			t.Errorf("a call that was given up: %v", err)
		}
		if err := r.Remote().Call(t.Context(), nil); err == nil {
			t.Error("a call of the root")
		}
		_ = r.Close()
		synctest.Wait()
		want := []string{"lost tcp://memory:1", "connected tcp://memory:1", "lost tcp://memory:1"}
		if len(told) != len(want) || told[0] != want[0] || told[1] != want[1] || told[2] != want[2] {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// The reconnector's clients are the caller's to watch, beside the policy.
func TestReconnectorLeavesOnConnectionReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memoryNet{t: t, router: newService(t)}
		m.up.Store(true)
		told := make(chan string, 2)
		r, err := aiomas.NewReconnector("tcp://memory:1", aiomas.ReconnectPolicy{
			Lost: func(string, error) { told <- "Lost" },
		}, aiomas.WithDialer(m.dial))
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.Client(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.OnConnectionReset(func(error) { told <- "OnConnectionReset" })
		m.stop()
		synctest.Wait()
		if len(told) != 2 {
			t.Errorf("%d of two were told", len(told))
		}
		_ = r.Close()
	})
}

// Close returns when a connection that was just being made is closed, too.
func TestReconnectorClosesWhatWasJustMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := make(chan net.Conn, 1)
		r, err := aiomas.NewReconnector("tcp://memory:1", aiomas.ReconnectPolicy{},
			aiomas.WithDialer(func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done() // and yet
				a, b := net.Pipe()
				made <- b
				return a, nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := r.Client(t.Context())
			ended <- err
		}()
		synctest.Wait()
		_ = r.Close()
		peer := <-made
		_ = peer.SetReadDeadline(time.Now())
		if _, err := peer.Read(make([]byte, 1)); isTimeoutError(err) {
			t.Error("Close has returned before the connection was closed")
		}
		if err := <-ended; !errors.Is(err, aiomas.ErrClosed) {
			t.Errorf("who waited for it: %v", err)
		}
		_ = peer.Close()
	})
}

func isTimeoutError(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
