package aiomas_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// pass is an interceptor that changes nothing.
func pass(ctx context.Context, _ aiomas.Outgoing, next func(context.Context) error) error {
	return next(ctx)
}

// With and without an interceptor, a call of Go is to be the same.
var goVariants = map[string][]aiomas.Option{
	"plain":       nil,
	"intercepted": {aiomas.WithCallInterceptors(pass)},
}

// eachGo runs f in a bubble with a client whose peer, the raw end, never answers by
// itself, for each way to make the calls of Go.
func eachGo(t *testing.T, limits aiomas.Limits, f func(t *testing.T, c *aiomas.Client, peer rawPeer)) {
	for name, opts := range goVariants {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := local.NewNetwork()
				ln, err := n.Listen("peer")
				if err != nil {
					t.Fatal(err)
				}
				defer ln.Close()
				conn, err := n.Dial(t.Context(), "peer")
				if err != nil {
					t.Fatal(err)
				}
				peer, err := ln.Accept()
				if err != nil {
					t.Fatal(err)
				}
				ch, err := aiomas.NewChannel(conn, append(opts, aiomas.WithLimits(limits))...)
				if err != nil {
					t.Fatal(err)
				}
				c := aiomas.NewClient(ch, nil)
				f(t, c, rawPeer{t, peer})
				_ = peer.Close()
				_ = c.Close()
			})
		})
	}
}

// requests reads n requests.
func (p rawPeer) requests(n int) {
	p.t.Helper()
	for range n {
		p.recv()
	}
}

func isOver(p *aiomas.Pending) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

func TestGoIsGivenUp(t *testing.T) {
	const many = 40
	for name, end := range map[string]struct {
		limits aiomas.Limits
		ctx    func(context.Context) (context.Context, context.CancelFunc)
		end    func(calls []*aiomas.Pending, cancel context.CancelFunc)
		want   error
	}{
		"by the context of Go": {
			ctx:  context.WithCancel,
			end:  func(_ []*aiomas.Pending, cancel context.CancelFunc) { cancel() },
			want: context.Canceled,
		},
		"by its deadline": {
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Second)
			},
			end:  func([]*aiomas.Pending, context.CancelFunc) { time.Sleep(time.Second) }, //nolint:forbidigo // in a bubble
			want: context.DeadlineExceeded,
		},
		"by CallTimeout": {
			limits: aiomas.Limits{CallTimeout: time.Second},
			ctx:    context.WithCancel,
			end:    func([]*aiomas.Pending, context.CancelFunc) { time.Sleep(time.Second) }, //nolint:forbidigo // in a bubble
			want:   context.DeadlineExceeded,
		},
		"by Cancel": {
			ctx: context.WithCancel,
			end: func(calls []*aiomas.Pending, _ context.CancelFunc) {
				for _, p := range calls {
					p.Cancel()
					p.Cancel()
				}
			},
			want: context.Canceled,
		},
		"by the context of Wait": {
			ctx: context.WithCancel,
			end: func(calls []*aiomas.Pending, _ context.CancelFunc) {
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				for _, p := range calls {
					_ = p.Wait(ctx)
				}
			},
			want: context.Canceled,
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachGo(t, end.limits, func(t *testing.T, c *aiomas.Client, peer rawPeer) {
				ctx, cancel := end.ctx(t.Context())
				defer cancel()
				var calls []*aiomas.Pending
				for i := range many {
					ctx := ctx
					if i%4 == 3 { // a context of its own
						var stop context.CancelFunc
						ctx, stop = context.WithCancel(ctx)
						defer stop()
					}
					calls = append(calls, c.Remote("f").Go(ctx, nil))
				}
				peer.requests(many)
				if n := c.Metrics().Snapshot().Calls; n != many {
					t.Fatalf("%d calls are under way, want %d", n, many)
				}
				end.end(calls, cancel)
				synctest.Wait()
				if n := c.Metrics().Snapshot().Calls; n != 0 {
					t.Errorf("%d calls are under way after their end", n)
				}
				for _, p := range calls {
					if !isOver(p) {
						t.Fatal("Done is not closed")
					}
					first, again := p.Wait(t.Context()), p.Wait(t.Context())
					if !errors.Is(first, end.want) || !errors.Is(again, end.want) {
						t.Fatalf("Wait: %v, then %v, want %v", first, again, end.want)
					}
				}
			})
		})
	}
}

// A deadline of the context that Go got is the one that counts, not CallTimeout.
func TestGoWithDeadlineIgnoresCallTimeout(t *testing.T) {
	eachGo(t, aiomas.Limits{CallTimeout: time.Second}, func(t *testing.T, c *aiomas.Client, peer rawPeer) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p := c.Remote("f").Go(ctx, nil)
		peer.requests(1)
		time.Sleep(2 * time.Second) //nolint:forbidigo // in a bubble
		if isOver(p) {
			t.Error("given up after CallTimeout")
		}
		peer.send(`[1, 0, null]`)
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Any number may wait, and get the same.
func TestPendingIsSafeForConcurrentUse(t *testing.T) {
	eachGo(t, aiomas.Limits{}, func(t *testing.T, c *aiomas.Client, peer rawPeer) {
		var result int
		p := c.Remote("f").Go(t.Context(), &result)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := p.Wait(t.Context()); err != nil || result != 42 {
					t.Errorf("%d, %v", result, err)
				}
			})
			wg.Go(func() { <-p.Done() })
		}
		peer.requests(1)
		synctest.Wait()
		peer.send(`[1, 0, 42]`)
		wg.Wait()
		p.Cancel() // too late
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The end of the connection ends the calls.
func TestPendingEndsWithItsConnection(t *testing.T) {
	eachGo(t, aiomas.Limits{}, func(t *testing.T, c *aiomas.Client, peer rawPeer) {
		p := c.Remote("f").Go(t.Context(), nil)
		peer.requests(1)
		_ = peer.conn.Close()
		<-p.Done()
		if err := p.Wait(t.Context()); !errors.Is(err, io.EOF) || !errors.Is(err, aiomas.ErrConnection) {
			t.Error(err)
		}
		if err := c.Remote("f").Go(t.Context(), nil).Wait(t.Context()); !errors.Is(err, aiomas.ErrConnection) {
			t.Error(err)
		}
	})
}

// An interceptor that does not look at its context holds nobody who waits, and what
// next does afterwards does not touch the result any more.
func TestWaitEndsBeforeTheInterceptor(t *testing.T) {
	goOn, returned := make(chan struct{}), make(chan error, 1)
	ch, peer := newRawChannel(t, aiomas.WithCallInterceptors(
		func(ctx context.Context, _ aiomas.Outgoing, next func(context.Context) error) error {
			<-goOn
			err := next(context.WithoutCancel(ctx))
			returned <- err
			return err
		}))
	c := aiomas.NewClient(ch, nil)
	result := 1
	p := c.Remote("f").Go(t.Context(), &result)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(goOn)
	result = 2 // it is ours again
	if err := <-returned; !errors.Is(err, aiomas.ErrLateNext) {
		t.Errorf("next returned %v", err)
	}
	_ = peer.conn.Close()
	<-c.Done()
	if result != 2 {
		t.Error(result)
	}
}

// An interceptor that panics or exits ends its call.
func TestGoOfBrokenInterceptor(t *testing.T) {
	for name, f := range map[string]func(){"panic": func() { panic("oops") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			ch, _ := newRawChannel(t, aiomas.WithCallInterceptors(
				func(context.Context, aiomas.Outgoing, func(context.Context) error) error {
					f()
					return nil
				}))
			err := aiomas.NewClient(ch, nil).Remote("f").Go(t.Context(), nil).Wait(t.Context())
			var p *aiomas.PanicError
			if !errors.As(err, &p) {
				t.Error(err)
			}
		})
	}
}

// Channel.Go carries any content, as Send does.
func TestChannelGo(t *testing.T) {
	ch, peer := newRawChannel(t)
	var result string
	p := ch.Go(t.Context(), []any{"any", 1}, &result)
	peer.expect(`[0, 0, ["any", 1]]`)
	peer.send(`[1, 0, "thing"]`)
	<-p.Done()
	if err := p.Wait(t.Context()); err != nil || result != "thing" {
		t.Errorf("%q, %v", result, err)
	}
	if err := ch.Go(t.Context(), 1, result).Wait(t.Context()); err == nil {
		t.Error("a result that is no pointer was accepted")
	}
	if err := ch.Go(t.Context(), make(chan int), nil).Wait(t.Context()); err == nil {
		t.Error("a channel was sent")
	}
}
