package aiomas_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Calls that share a context end with it, and only they do.
func TestManyCallsShareAContext(t *testing.T) {
	const many = 60
	release := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func(i int) int { <-release; return i })
	_, addr := startServer(t, r)
	var metrics aiomas.Metrics
	client := dial(t, addr, aiomas.WithMetrics(&metrics))
	wait := client.Remote("wait")

	type outcome struct {
		shared bool
		i, got int
		err    error
	}
	outcomes := make(chan outcome)
	call := func(ctx context.Context, i int, shared bool) {
		got, err := aiomas.Call[int](ctx, wait, i)
		outcomes <- outcome{shared: shared, i: i, got: got, err: err}
	}
	cause := errors.New("over")
	for round := range 2 { // the second one has another context to watch
		shared, cancel := context.WithCancelCause(t.Context())
		for i := range many {
			go call(shared, i, true)
		}
		own, cancelOwn := context.WithCancel(t.Context())
		for metrics.Snapshot().Calls < many {
			runtime.Gosched()
		}
		go call(own, 1, false)
		var sum int
		pending := wait.Go(shared, &sum, 7) // nobody waits for it
		for metrics.Snapshot().Calls < many+2 {
			runtime.Gosched()
		}
		cancel(cause)
		for range many {
			if o := <-outcomes; !o.shared || !errors.Is(o.err, context.Canceled) || !errors.Is(o.err, cause) {
				t.Errorf("round %d: %+v, want the error of its context", round, o)
			}
		}
		if err := wait.Call(shared, nil, 1); !errors.Is(err, cause) {
			t.Errorf("a call afterwards: %v", err)
		}
		for range many + 2 { // the peer goes on with those that were given up, too
			release <- struct{}{}
		}
		if o := <-outcomes; o.shared || o.err != nil || o.got != 1 {
			t.Errorf("round %d: the call with its own context: %+v", round, o)
		}
		if err := pending.Wait(t.Context()); !errors.Is(err, cause) || sum != 0 {
			t.Errorf("round %d: Go, then Wait: %d, %v", round, sum, err)
		}
		cancelOwn()
	}
}

// Whatever ends first, a context or a call, each call ends once.
func TestSharedContextsEndWhileCalling(t *testing.T) {
	_, addr := startServer(t, newService(t))
	client := dial(t, addr)
	add := client.Remote("add")
	for round := range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for g := range 40 {
			wg.Go(func() {
				for i := range 20 {
					if g == 0 && i == round%20 {
						cancel()
					}
					got, err := aiomas.Call[int](ctx, add, g, i)
					if err == nil && got != g+i || err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("add(%d, %d) = %d, %v", g, i, got, err)
					}
				}
			})
		}
		wg.Wait()
		cancel()
	}
	if got, err := aiomas.Call[int](t.Context(), add, 1, 2); err != nil || got != 3 {
		t.Errorf("afterwards: %d, %v", got, err)
	}
}

// A context that ends while calls begin to be watched leaves none of them behind,
// whichever comes first.
func TestContextEndsWhileItIsWatched(t *testing.T) {
	const background, callers, rounds = 20, 8, 300
	release := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func() { <-release })
	_, addr := startServer(t, r, aiomas.WithLimits(aiomas.Limits{Requests: background + callers*rounds}))
	var metrics aiomas.Metrics
	wait := dial(t, addr, aiomas.WithMetrics(&metrics)).Remote("wait")
	var others, wg sync.WaitGroup
	for range background { // enough for watching
		others.Go(func() {
			if err := wait.Call(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	for metrics.Snapshot().Calls < background {
		runtime.Gosched()
	}
	for range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		for i := range callers {
			wg.Go(func() {
				if i == callers/2 {
					cancel()
				}
				if err := wait.Call(ctx, nil); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		cancel()
	}
	close(release)
	others.Wait()
}
