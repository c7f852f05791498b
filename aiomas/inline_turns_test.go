package aiomas_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// A function that the goroutine of many connections calls itself, and that calls the
// peer of another one of them, gets its reply: with its context at once, with another
// one when the watchdog has come.
func TestInlineCallsOnAnotherConnection(t *testing.T) {
	for name, own := range map[string]bool{"with its context": true, "with another context": false} {
		t.Run(name, func(t *testing.T) {
			s := newInlineService()
			s.router.TakeTurns()
			opts := []aiomas.Option{aiomas.WithArrivals(new(aiomas.Arrivals)), aiomas.WithInline()}
			client, p := newRawClient(t, s.router, opts...)
			other, otherPeer := newRawClient(t, s.router, opts...)
			s.client = client
			s.router.Expose("relay", func(ctx context.Context) (int, error) {
				if !own {
					ctx = context.Background()
				}
				return aiomas.Call[int](ctx, other.Remote("answer"))
			})
			for n := range 20 {
				p.batch(request(0, "add", n, 1), request(1, "relay"), request(2, "add", n, 2))
				otherPeer.recv()
				otherPeer.batch(result(n, n), request(0, "add", n, 3))
				otherPeer.expect(result(0, n+3))
				p.expectAll(result(0, n+1), result(1, n), result(2, n+2))
			}
			if times, _ := client.Channel().Inlined(); times == 0 {
				t.Error("nothing was handled inline")
			}
		})
	}
}

// The goroutine that reads many connections calls quick functions itself although this end
// waits for replies on the same connection, and those still arrive: also if a function
// waits for one without leaving its turn.
func TestInlineWithCallsInProgress(t *testing.T) {
	for n := range 20 { // on a connection each: after the function that waits, another goroutine may still be at work
		s := newInlineService()
		s.router.TakeTurns()
		client, p := newRawClient(t, s.router, aiomas.WithArrivals(new(aiomas.Arrivals)), aiomas.WithInline())
		s.client = client
		waits := make(chan *aiomas.Pending, 1)
		s.router.Expose("await", func() (int, error) {
			pend := <-waits
			return 7, pend.Wait(context.Background())
		})
		var got int
		pend := client.Remote("answer").Go(t.Context(), &got)
		p.recv()
		before, _ := client.Channel().Inlined()
		p.batch(request(0, "add", n, 1), request(1, "add", n, 2))
		p.expectAll(result(0, n+1), result(1, n+2))
		if after, _ := client.Channel().Inlined(); after == before {
			t.Fatal("not handled inline")
		}
		waits <- pend
		p.batch(request(2, "await"), request(3, "add", n, 3))
		p.batch(result(0, n))
		p.expectAll(result(2, 7), result(3, n+3))
		if err := pend.Wait(t.Context()); err != nil || got != n {
			t.Errorf("reply %d, %v; want %d", got, err, n)
		}
	}
}

// Replies that are delayed for those that follow leave when a function takes longer:
// at once if it leaves its turn, or when the watchdog has come.
func TestDelayedRepliesDoNotWait(t *testing.T) {
	for name, c := range map[string]struct {
		waits func(ctx context.Context, until <-chan struct{}) error
		want  time.Duration
	}{
		"leaves its turn": {func(ctx context.Context, until <-chan struct{}) error {
			return aiomas.Await(ctx, func() error { <-until; return nil })
		}, 0},
		"blocks": {func(_ context.Context, until <-chan struct{}) error { <-until; return nil }, 2 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				router := newInlineService().router
				router.TakeTurns()
				until := make(chan struct{})
				router.Expose("until", func(ctx context.Context) error { return c.waits(ctx, until) })
				client, p := pipeClient(t, router, aiomas.Limits{}, aiomas.WithInlineLearned())
				defer client.Close()
				defer p.conn.Close()
				for id := range 2 * 4 * 20 {
					p.batch(request(id, "add", 1, 2), request(id, "add", 1, 2))
					p.replies(2)
				}
				if _, will := client.Channel().Inlined(); !will {
					t.Fatal("what was quick is not known to be")
				}
				// While somebody else has the turn, the requests queue for it.
				holds, release := make(chan struct{}), make(chan struct{})
				go router.Turn(t.Context(), func(context.Context) error {
					close(holds)
					<-release
					return nil
				})
				<-holds
				batch := []string{request(1, "add", 1, 0), request(2, "add", 2, 0), request(3, "until"), request(4, "add", 4, 0)}
				p.batch(batch...)
				synctest.Wait()
				start := time.Now()
				close(release)
				p.expect(result(1, 1))
				p.expect(result(2, 2))
				if took := time.Since(start); took > c.want {
					t.Errorf("the replies took %v, want %v at most", took, c.want)
				}
				close(until)
				p.expectAll("[1, 3, null]", result(4, 4))
			})
		})
	}
}

// The order over several connections is that of arrival, though the goroutine that
// reads them calls some functions itself and leaves others to goroutines.
func TestInlineKeepsTheOrder(t *testing.T) {
	router := aiomas.NewRouter()
	router.TakeTurns()
	last, wrong := -1, 0
	note := func(i int) {
		if i != last+1 {
			wrong++
		}
		last = i
	}
	router.Expose("note", note)
	router.Expose("slow", func(ctx context.Context, i int) error {
		note(i)
		return aiomas.Await(ctx, func() error { <-time.After(10 * time.Microsecond); return nil })
	})
	arrivals := aiomas.WithArrivals(new(aiomas.Arrivals))
	var peers []rawPeer
	for _, inline := range []aiomas.Option{aiomas.WithInline(), nil, aiomas.WithInline()} {
		_, p := newRawClient(t, router, arrivals, inline)
		peers = append(peers, p)
	}
	const rounds = 1000
	n := 0
	for round := range rounds {
		name := "note"
		if round%7 == 0 {
			name = "slow"
		}
		for _, p := range peers {
			var batch []string
			for range 4 {
				batch = append(batch, request(n, name, n))
				n++
			}
			p.batch(batch...)
		}
		for _, p := range peers {
			p.replies(4)
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d calls were out of order", wrong, n)
	}
}
