package aiomas_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// impatient is the usual time-out middleware: it returns before next does.
func impatient(d time.Duration, ended func(error)) aiomas.HandlerInterceptor {
	return func(ctx context.Context, _ aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		done := make(chan struct{})
		var v any
		var err error
		go func() {
			v, err = next(ctx)
			close(done)
			ended(err)
		}()
		select {
		case <-done:
			return v, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// A next that goes on after its interceptor has returned has the arguments that it
// began with, and disturbs no other call. Twice, so that the inner one, too, is
// left behind by what is left behind.
func TestNextOutlivesItsInterceptor(t *testing.T) {
	const calls = 300
	var ran, wrong atomic.Int64
	r := aiomas.NewRouter()
	r.Expose("f", func(s, again string) string {
		ran.Add(1)
		if s != again {
			wrong.Add(1)
		}
		return s
	})
	var begun sync.WaitGroup
	ended := func(err error) {
		if err != nil && !errors.Is(err, aiomas.ErrLateNext) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("next returned %v", err)
		}
	}
	outer := impatient(time.Microsecond, func(err error) { ended(err); begun.Done() })
	_, addr := startServer(t, r, aiomas.WithHandlerInterceptors(
		func(ctx context.Context, call aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			begun.Add(1)
			return outer(ctx, call, next)
		}, impatient(time.Microsecond, ended)))
	c := dial(t, addr)
	var wg sync.WaitGroup
	for g := range 8 {
		text := strings.Repeat(string(rune('a'+g)), 1+g*1000)
		wg.Go(func() {
			for range calls {
				got, err := aiomas.Call[string](t.Context(), c.Remote("f"), text, text)
				if err == nil && got != text {
					t.Errorf("got %.20q for %.20q", got, text)
				}
				var remote *aiomas.RemoteError
				if err != nil && !errors.As(err, &remote) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	begun.Wait()
	if wrong.Load() > 0 {
		t.Errorf("%d of %d handlers got the arguments of another call", wrong.Load(), ran.Load())
	}
}

// A next that begins too late says so.
func TestNextBeginsTooLate(t *testing.T) {
	var kept func(context.Context) (any, error)
	ran := 0
	r := aiomas.NewRouter()
	r.Expose("f", func() { ran++ })
	_, addr := startServer(t, r, aiomas.WithHandlerInterceptors(
		func(_ context.Context, _ aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			kept = next
			return "before", nil
		}))
	c := dial(t, addr)
	if got, err := aiomas.Call[string](t.Context(), c.Remote("f")); err != nil || got != "before" {
		t.Fatal(got, err)
	}
	if _, err := kept(t.Context()); !errors.Is(err, aiomas.ErrLateNext) || ran != 0 {
		t.Errorf("%v, the function ran %d times", err, ran)
	}
}

// An interceptor may call next again: the function gets its arguments each time.
func TestNextAgain(t *testing.T) {
	tries := 0
	r := aiomas.NewRouter()
	r.Expose("f", func(s string) (string, error) {
		if tries++; tries < 3 {
			return "", errors.New("not yet")
		}
		return s, nil
	})
	_, addr := startServer(t, r, aiomas.WithHandlerInterceptors(
		func(ctx context.Context, _ aiomas.Incoming, next func(context.Context) (any, error)) (v any, err error) {
			for range 3 {
				v, err = next(ctx)
			}
			return v, err
		}))
	sent := 0
	c := dial(t, addr, aiomas.WithCallInterceptors(
		func(ctx context.Context, _ aiomas.Outgoing, next func(context.Context) error) error {
			sent++
			_ = next(ctx)
			return next(ctx)
		}))
	sent, tries = 0, 0
	if got, err := aiomas.Call[string](t.Context(), c.Remote("f"), "text"); err != nil || got != "text" || tries != 6 || sent != 1 {
		t.Errorf("%q, %v after %d tries", got, err, tries)
	}
}

// What a caller has lent to a call is its own again when the interceptor has
// returned, though next still runs.
func TestCallReturnsBeforeNext(t *testing.T) {
	returned := make(chan error, 1)
	ch, peer := newRawChannel(t, aiomas.WithCallInterceptors(
		func(_ context.Context, _ aiomas.Outgoing, next func(context.Context) error) error {
			go func() { returned <- next(context.Background()) }()
			peerHasIt := make(chan struct{})
			time.AfterFunc(0, func() { close(peerHasIt) })
			<-peerHasIt
			return errors.New("too slow")
		}))
	c := aiomas.NewClient(ch, nil)
	result, args := 1, []any{"argument"}
	if err := c.Remote("f").Call(t.Context(), &result, args...); err == nil || err.Error() != "too slow" {
		t.Fatal(err)
	}
	result, args[0] = 2, "changed"
	go func() { // if it left in time, there is an answer
		if m, err := peer.tryRecv(); err == nil {
			if m != `[0, 0, ["f", ["argument"], {}]]` {
				t.Error(m)
			}
			peer.send(`[1, 0, 3]`)
		}
	}()
	if err := <-returned; !errors.Is(err, aiomas.ErrLateNext) || result != 2 {
		t.Errorf("next returned %v, the result is %d", err, result)
	}
}
