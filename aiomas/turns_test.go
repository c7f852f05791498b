package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// actor has a map without a lock: the race detector sees whether turns overlap.
type actor struct {
	router *aiomas.Router
	seen   map[string]int
	order  []int
}

func newActor() *actor {
	a := &actor{seen: map[string]int{}}
	a.router = aiomas.NewRouter()
	a.router.Expose("note", func(name string, i int) map[string]int {
		a.seen[name] = i
		a.order = append(a.order, i)
		return a.seen // encoded in the turn
	})
	a.router.Expose("get", func(name string) int { return a.seen[name] })
	a.router.Expose("order", func() []int { return a.order })
	return a
}

// eachWay runs f with the ways to have turns, by TCP and by Unix sockets.
func eachWay(t *testing.T, f func(t *testing.T, a *actor, dial func() *aiomas.Client)) {
	t.Helper()
	ways := map[string]func(*actor) []aiomas.ServerOption{
		"server": func(*actor) []aiomas.ServerOption { return []aiomas.ServerOption{aiomas.WithTurns()} },
		"router": func(a *actor) []aiomas.ServerOption {
			a.router.TakeTurns()
			return []aiomas.ServerOption{aiomas.WithArrivals(new(aiomas.Arrivals))}
		},
	}
	for name, opts := range ways {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(name+"/"+network, func(t *testing.T) {
				addr := "127.0.0.1:0"
				if network == "unix" {
					addr = filepath.Join(testnet.SocketDir(t), "s")
				}
				ln, err := net.Listen(network, addr)
				if err != nil {
					t.Fatal(err)
				}
				a := newActor()
				srv := aiomas.NewServer(a.router, opts(a)...)
				served := make(chan error, 1)
				go func() { served <- srv.Serve(context.Background(), ln) }()
				t.Cleanup(func() {
					_ = srv.Close()
					<-served
				})
				f(t, a, func() *aiomas.Client {
					c, err := aiomas.Dial(t.Context(), aiomas.FormatAddress(ln.Addr()))
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = c.Close() })
					return c
				})
			})
		}
	}
}

func TestTurnsNeedNoLock(t *testing.T) {
	eachWay(t, func(t *testing.T, a *actor, dial func() *aiomas.Client) {
		var wg sync.WaitGroup
		for i := range 20 {
			c := dial()
			wg.Go(func() {
				for n := range 100 {
					got, err := aiomas.Call[map[string]int](t.Context(), c.Remote("note"), fmt.Sprint(i), n)
					if err != nil || got[fmt.Sprint(i)] != n {
						t.Errorf("got %v, %v", got[fmt.Sprint(i)], err)
						return
					}
				}
			})
		}
		wg.Wait()
		order, err := aiomas.Call[[]int](t.Context(), dial().Remote("order"))
		if err != nil || len(order) != 2000 {
			t.Errorf("%d calls, %v", len(order), err)
		}
	})
}

func TestTurnsAreInTheOrderOfArrival(t *testing.T) {
	eachWay(t, func(t *testing.T, a *actor, dial func() *aiomas.Client) {
		client := dial()
		var peers []rawPeer // each sends before the next one does
		for range 10 {
			addr := client.Channel().RemoteAddr()
			conn, err := net.Dial(addr.Network(), addr.String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			p := rawPeer{t, conn}
			p.send(`[0, 0, ["get", ["x"], {}]]`)
			p.expect("[1, 0, 0]") // it is accepted, and read in order from now on
			peers = append(peers, p)
		}
		for i := range 2000 {
			p := peers[i*7%len(peers)]
			p.send(fmt.Sprintf(`[0, %d, ["note", ["x", %d], {}]]`, i, i))
			if i%len(peers) != len(peers)-1 {
				continue
			}
			// One read takes all that a connection has, as in Python: a second message of it
			// would come with the first one, before those of others in between.
			got, err := aiomas.Call[int](t.Context(), client.Remote("get"), "x")
			if err != nil || got != i {
				t.Fatalf("got %d of %d, %v", got, i, err)
			}
		}
	})
}

func TestCallsOfOneConnectionBeginInOrder(t *testing.T) {
	eachWay(t, func(t *testing.T, a *actor, dial func() *aiomas.Client) {
		c := dial()
		var pending []*aiomas.Pending
		for i := range 10_000 {
			pending = append(pending, c.Remote("note").Go(t.Context(), nil, "x", i))
		}
		for _, p := range pending {
			if err := p.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		order, err := aiomas.Call[[]int](t.Context(), c.Remote("order"))
		if err != nil || len(order) != 10_000 || !slices.IsSorted(order) {
			t.Errorf("%d calls, sorted: %v, %v", len(order), slices.IsSorted(order), err)
		}
	})
}

// A function that waits for a reply leaves its turn, also for calls of its own
// service, and goes on in it.
func TestWaitingLeavesTheTurn(t *testing.T) {
	eachWay(t, func(t *testing.T, a *actor, dial func() *aiomas.Client) {
		var inside atomic.Int32
		enter := func() {
			if inside.Add(1) != 1 {
				t.Error("two have the turn")
			}
			a.seen["x"]++
			inside.Add(-1)
		}
		a.router.Expose("visit", func(ctx context.Context, back *aiomas.Proxy, depth int) (int, error) {
			enter()
			if depth == 0 {
				return 0, nil
			}
			n, err := aiomas.Call[int](ctx, back.Sub("again"), depth)
			enter()
			p := back.Sub("again").Go(ctx, nil, 1)
			if err := p.Wait(ctx); err != nil {
				return 0, err
			}
			enter()
			if err := aiomas.Await(ctx, func() error { return nil }); err != nil {
				return 0, err
			}
			enter()
			return n + 1, err
		})
		c := dial()
		me := aiomas.NewRouter()
		me.Expose("again", func(ctx context.Context, depth int) (int, error) {
			return aiomas.Call[int](ctx, aiomas.ClientFrom(ctx).Remote("visit"), me, depth-1)
		})
		caller, err := aiomas.NewChannel(mustDial(t, c))
		if err != nil {
			t.Fatal(err)
		}
		both := aiomas.NewClient(caller, me)
		t.Cleanup(func() { _ = both.Close() })
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if n, err := aiomas.Call[int](t.Context(), both.Remote("visit"), me, 4); n != 4 || err != nil {
					t.Errorf("got %d, %v", n, err)
				}
			})
		}
		wg.Wait()
	})
}

func mustDial(t *testing.T, c *aiomas.Client) net.Conn {
	t.Helper()
	a := c.Channel().RemoteAddr()
	conn, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Whatever ends a function, its turn is passed on.
func TestTheTurnIsPassedOnWhateverHappens(t *testing.T) {
	eachWay(t, func(t *testing.T, a *actor, dial func() *aiomas.Client) {
		a.router.Expose("panics", func() { panic("oops") })
		a.router.Expose("fails", func() error { return errors.New("no") })
		a.router.Expose("unfit", func(int) {})
		a.router.Expose("odd", func() any { return make(chan int) })
		began := make(chan struct{}, 10)
		a.router.Expose("stuck", func(ctx context.Context) error {
			began <- struct{}{}
			return aiomas.Await(ctx, func() error { <-ctx.Done(); return nil })
		})
		c := dial()
		for _, name := range []string{"panics", "fails", "unfit", "odd", "nothing"} {
			if err := c.Remote(name).Call(t.Context(), nil); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		gone := dial()
		stuck := gone.Remote("stuck").Go(t.Context(), nil)
		<-began
		for i := range 10 { // one of them waits for its turn when its connection ends
			gone.Remote("note").Go(t.Context(), nil, "x", i)
		}
		_ = gone.Close()
		if err := stuck.Wait(t.Context()); !errors.Is(err, aiomas.ErrClosed) {
			t.Errorf("got %v", err)
		}
		if _, err := aiomas.Call[int](t.Context(), c.Remote("get"), "x"); err != nil {
			t.Error(err)
		}
	})
}

func TestConcurrentFunctionsAndTurnsOfTheProgram(t *testing.T) {
	eachWay(t, func(t *testing.T, a *actor, dial func() *aiomas.Client) {
		in, out := make(chan struct{}), make(chan struct{})
		a.router.Expose("hold", func() { in <- struct{}{}; <-out })
		a.router.Expose("free", func() int { return 1 }, aiomas.Concurrent())
		c := dial()
		hold := c.Remote("hold").Go(t.Context(), nil)
		<-in
		if n, err := aiomas.Call[int](t.Context(), c.Remote("free")); n != 1 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		get := c.Remote("get").Go(t.Context(), nil, "x")
		select {
		case <-get.Done():
			t.Error("get did not wait for its turn")
		case <-time.After(20 * time.Millisecond):
		}
		close(out)
		if err := errors.Join(hold.Wait(t.Context()), get.Wait(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

func TestRouterTurn(t *testing.T) {
	a := newActor()
	a.router.TakeTurns()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			err := a.router.Turn(t.Context(), func(ctx context.Context) error {
				a.seen["x"]++
				return a.router.Turn(ctx, func(context.Context) error { a.seen["x"]++; return nil })
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if a.seen["x"] != 100 {
		t.Errorf("%d turns", a.seen["x"])
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := a.router.Turn(t.Context(), func(context.Context) error {
		cancel()
		return a.router.Turn(ctx, func(context.Context) error { return errors.New("it began") })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := a.router.Turn(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
