//go:build !race

// The race detector knows no more than 8128 goroutines.

package reliability

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// patience is how long the whole of a load may take: a hang takes longer.
const patience = 10 * harmless

// barrier lets handlers of a path go on when n of them have begun, and so proves
// that all were in flight at once.
func barrier(path string, n int, full func()) aiomas.Option {
	var begun atomic.Int64
	all := make(chan struct{})
	return aiomas.WithHandlerInterceptors(func(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
		if in.Path == path {
			if begun.Add(1) == int64(n) {
				if full != nil {
					full()
				}
				close(all)
			}
			select {
			case <-all:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return next(ctx)
	})
}

// 10,000 calls of Go's at a Python server, each of which calls back, and is not
// answered before all others have called back too.
func TestLoadGoCallsPython(t *testing.T) {
	const n = 10_000
	for _, c := range codecs[:2] {
		t.Run(c.Name(), func(t *testing.T) {
			peer := startPeer(t, "python", listenArgs(c)...)
			var begun atomic.Int64
			all := make(chan struct{})
			me := aiomas.NewRouter()
			me.Expose("notify", func(ctx context.Context, i int) (int, error) {
				if i == 0 && begun.Add(1) == n {
					close(all)
				}
				select {
				case <-all:
					return 2 * i, nil
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			})
			client := dial(t, peer.Addr, aiomas.WithCodec(c), aiomas.WithService(me), aiomas.WithLimits(aiomas.Limits{Requests: 3 * n}), recorded(t, "python", c))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			results := make([][]int, n)
			calls := make([]*aiomas.Pending, n)
			back := 0
			start := time.Now()
			for i := range calls {
				calls[i] = client.Remote("call_back").Go(ctx, &results[i], me, 1+i%3)
				back += 1 + i%3
			}
			for i, call := range calls {
				if err := call.Wait(ctx); err != nil || !slices.Equal(results[i], []int{0, 2, 4}[:1+i%3]) {
					t.Fatalf("call %d: %v, %v", i, results[i], err)
				}
			}
			note("Go's calls under way at once in Python, "+c.Name(), "≥ 10,000", "%s, with %s calls back, answered in %.1f s", thousands(n), thousands(back), time.Since(start).Seconds())
		})
	}
}

// 10,000 calls of Python's at a Go server, which answers none before it has all.
func TestLoadPythonCallsGo(t *testing.T) {
	const n = 10_000
	for _, c := range codecs[:2] {
		t.Run(c.Name(), func(t *testing.T) {
			_, addr := startServer(t, conformance(), aiomas.WithCodec(c), barrier("add", n, nil))
			start := time.Now()
			checks := python(t).RunClient(t, "--connect", recordedAt(t, "python", c, addr), "--codec", c.Name(), "--rows", "flight", "--flight", fmt.Sprint(n))
			if len(checks) != 2 {
				t.Errorf("%d checks", len(checks))
			}
			note("Python's calls under way at once in Go, "+c.Name(), "≥ 10,000", "%s, answered in %.1f s", thousands(n), time.Since(start).Seconds())
		})
	}
}

// 100,000 calls between Go ends, all of which run before one is answered.
func TestLoadGoCallsGo(t *testing.T) {
	const n = 100_000
	for _, c := range codecs[:2] {
		t.Run(c.Name(), func(t *testing.T) {
			var during int64
			opts := []aiomas.ServerOption{aiomas.WithCodec(c), aiomas.WithLimits(aiomas.Limits{Requests: n}), barrier("add", n, func() { during = memory() })}
			_, addr := startServer(t, conformance(), opts...)
			client := dial(t, addr, aiomas.WithCodec(c))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			before := memory()
			results := make([]int, n)
			calls := make([]*aiomas.Pending, n)
			start := time.Now()
			for i := range calls {
				calls[i] = client.Remote("add").Go(ctx, &results[i], i, 1)
			}
			for i, call := range calls {
				if err := call.Wait(ctx); err != nil || results[i] != i+1 {
					t.Fatalf("call %d: %d, %v", i, results[i], err)
				}
			}
			note("Go's calls under way at once in Go, "+c.Name(), "≥ 100,000", "%s, answered in %.1f s; both ends took %.1f KiB for each",
				thousands(n), time.Since(start).Seconds(), float64(during-before)/n/1024)
		})
	}
}

// Past the limit of requests the rest is refused at once, and nothing else happens.
func TestLoadPastTheLimit(t *testing.T) {
	const n, limit = 50_000, 10_000 // the default
	release := make(chan struct{})
	_, addr := startServer(t, conformance(), aiomas.WithCodec(msgpack.Codec),
		aiomas.WithHandlerInterceptors(func(ctx context.Context, _ aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			select {
			case <-release:
				return next(ctx)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}))
	client := dial(t, addr, aiomas.WithCodec(msgpack.Codec))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	calls := make([]*aiomas.Pending, n)
	for i := range calls {
		calls[i] = client.Remote("add").Go(ctx, nil, i, 1)
	}
	for i, call := range calls[limit:] {
		if err := call.Wait(ctx); outcome(err) != "remote" {
			t.Fatalf("call %d: %v", limit+i, err)
		}
	}
	close(release)
	for i, call := range calls[:limit] {
		if err := call.Wait(ctx); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	note("50,000 calls at once, five times the limit", "those past it refused at once, no other", "%s refused while %s ran, which were then answered", thousands(n-limit), thousands(limit))
}

// 2,000 calls at once, each of which calls back, which calls again and is called
// back again before any of them is answered: no deadlock.
func TestLoadNestedCallbacks(t *testing.T) {
	const n = 2000
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			peer := startPeer(t, language, "--listen", "tcp://127.0.0.1:0")
			var begun atomic.Int64
			all := make(chan struct{})
			inner := aiomas.NewRouter()
			inner.Expose("notify", func(ctx context.Context, i int) (int, error) {
				if begun.Add(1) == n {
					close(all)
				}
				select {
				case <-all:
					return i + 7, nil
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			})
			me := aiomas.NewRouter()
			if err := me.Add("inner", inner); err != nil {
				t.Fatal(err)
			}
			me.Expose("notify", func(ctx context.Context, _ int) (int, error) {
				got, err := aiomas.Call[[]int](ctx, aiomas.ClientFrom(ctx).Remote("call_back"), inner, 1)
				if err != nil {
					return 0, err
				}
				return got[0], nil
			})
			client := dial(t, peer.Addr, aiomas.WithService(me), recorded(t, language, json.Codec))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			results := make([][]int, n)
			calls := make([]*aiomas.Pending, n)
			start := time.Now()
			for i := range calls {
				calls[i] = client.Remote("call_back").Go(ctx, &results[i], me, 1)
			}
			for i, call := range calls {
				if err := call.Wait(ctx); err != nil || len(results[i]) != 1 || results[i][0] != 7 {
					t.Fatalf("call %d: %v, %v", i, results[i], err)
				}
			}
			note("calls at once, each with calls back within calls back, of "+language, "≥ 2,000", "%s, 4 deep, in %.1f s", thousands(n), time.Since(start).Seconds())
		})
	}
}

// Go calls Python back 2,000 times at once during one call of Python's.
func TestLoadCallbacksToPython(t *testing.T) {
	const n = 2000
	_, addr := startServer(t, conformance(), aiomas.WithCodec(json.Codec))
	session := python(t).StartSession(t, "--connect", recordedAt(t, "python", json.Codec, addr), "--codec", "json")
	start := time.Now()
	got, err := session.Call("call_back", []any{pyenv.Service{}, n}, nil)
	if list, ok := got.([]any); err != nil || !ok || len(list) != n || list[n-1] != int64(2*(n-1)) {
		t.Errorf("%.100v, %v", got, err)
	}
	note("calls back at once of Go's into Python", "≥ 2,000", "%s, in %.1f s", thousands(n), time.Since(start).Seconds())
	if err := session.Close(); err != nil {
		t.Error(err)
	}
}
