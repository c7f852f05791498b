package aiomas_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// serveTurns serves router with opts at a free port, and returns a client.
func serveTurns(t *testing.T, router *aiomas.Router, opts ...aiomas.ServerOption) *aiomas.Client {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(router, append(opts, aiomas.WithArrivals(new(aiomas.Arrivals)))...)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	c, err := aiomas.Dial(t.Context(), aiomas.FormatAddress(ln.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func waitAll(t *testing.T, pending []*aiomas.Pending) {
	t.Helper()
	for _, p := range pending {
		if err := p.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Turns that the program takes itself wait among those of calls, and come.
func TestTurnsOfTheProgramComeBehindCalls(t *testing.T) {
	router := aiomas.NewRouter()
	router.TakeTurns()
	in, out := make(chan struct{}), make(chan struct{})
	var order []int
	router.Expose("hold", func() { in <- struct{}{}; <-out })
	router.Expose("note", func(i int) { order = append(order, i) })
	c := serveTurns(t, router)
	hold := c.Remote("hold").Go(t.Context(), nil)
	<-in
	ctx, cancel := context.WithCancel(t.Context())
	given, waits := make(chan error, 1), make(chan struct{})
	ran := make(chan struct{})
	router.InTurn(t.Context(), func(context.Context) { order = append(order, 1) })()
	router.InTurn(t.Context(), func(context.Context) { order = append(order, 2) })()
	go func() {
		close(waits)
		given <- router.Turn(ctx, func(context.Context) error { return nil })
	}()
	<-waits
	cancel()
	<-given // nil or the error of ctx: the turn is passed on
	router.InTurn(t.Context(), func(context.Context) { order = append(order, 3); close(ran) })()
	close(out)
	<-ran
	waitAll(t, []*aiomas.Pending{hold, c.Remote("note").Go(t.Context(), nil, 4)})
	if !slices.Equal(order, []int{1, 2, 3, 4}) {
		t.Errorf("order %v", order)
	}
}

// A function that calls somebody else, as a relay does, has its calls leave in the
// order of its turns.
func TestRelayedCallsKeepTheirOrder(t *testing.T) {
	end := newActor()
	end.router.TakeTurns()
	target := serveTurns(t, end.router)
	relay := aiomas.NewRouter()
	relay.TakeTurns()
	relay.Expose("forward", func(ctx context.Context, i int) error {
		return target.Remote("note").Call(ctx, nil, "x", i)
	})
	c := serveTurns(t, relay)
	const calls = 3000
	var pending []*aiomas.Pending
	for i := range calls {
		pending = append(pending, c.Remote("forward").Go(t.Context(), nil, i))
	}
	waitAll(t, pending)
	order, err := aiomas.Call[[]int](t.Context(), target.Remote("order"))
	if err != nil || len(order) != calls || !slices.IsSorted(order) {
		t.Errorf("%d calls, sorted: %v, %v", len(order), slices.IsSorted(order), err)
	}
}

// What waits because of WithConcurrency is begun in order, and not more of it.
func TestTurnsWithinAConcurrency(t *testing.T) {
	const most, calls = 3, 300
	router := aiomas.NewRouter()
	router.TakeTurns()
	var active, highest atomic.Int32
	var order []int
	tokens := make(chan struct{}, calls)
	router.Expose("wait", func(ctx context.Context, i int) error {
		order = append(order, i)
		highest.Store(max(highest.Load(), active.Add(1)))
		defer active.Add(-1)
		return aiomas.Await(ctx, func() error { <-tokens; return nil })
	})
	c := serveTurns(t, router, aiomas.WithConcurrency(most))
	var pending []*aiomas.Pending
	for i := range calls {
		pending = append(pending, c.Remote("wait").Go(t.Context(), nil, i))
		if i >= 20 {
			tokens <- struct{}{}
		}
	}
	for range 20 {
		tokens <- struct{}{}
	}
	waitAll(t, pending)
	if n := highest.Load(); n > most {
		t.Errorf("%d at once, want %d at most", n, most)
	}
	if len(order) != calls || !slices.IsSorted(order) {
		t.Errorf("order %v", order)
	}
}

// A relay of channels keeps the order, if it sends with Go before it receives the next
// request: only its waits for replies are at the same time.
func TestARelayOfChannelsKeepsTheOrder(t *testing.T) {
	end := newActor()
	end.router.TakeTurns()
	target := serveTurns(t, end.router)
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	relayed := make(chan error, 1)
	go func() { relayed <- relay(t.Context(), ln, aiomas.FormatAddress(target.Channel().RemoteAddr())) }()
	c, err := aiomas.Dial(t.Context(), aiomas.FormatAddress(ln.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	const calls = 3000
	var pending []*aiomas.Pending
	for i := range calls {
		pending = append(pending, c.Remote("note").Go(t.Context(), nil, "x", i))
	}
	waitAll(t, pending)
	order, err := aiomas.Call[[]int](t.Context(), c.Remote("order"))
	if err != nil || len(order) != calls || !slices.IsSorted(order) {
		t.Errorf("%d calls, sorted: %v, %v", len(order), slices.IsSorted(order), err)
	}
	_ = c.Close()
	if err := <-relayed; !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("the relay ended with %v", err)
	}
}

// relay sends the requests of one client on to the server at addr.
func relay(ctx context.Context, ln net.Listener, addr string) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	from, err := aiomas.NewChannel(conn)
	if err != nil {
		return err
	}
	to, err := aiomas.DialChannel(ctx, addr)
	if err != nil {
		return err
	}
	defer to.Close()
	var waits sync.WaitGroup
	defer waits.Wait()
	for {
		req, err := from.Recv(ctx)
		if err != nil {
			return err
		}
		var content, reply codec.Value
		if err := req.Decode(&content); err != nil {
			return err
		}
		p := to.Go(ctx, content, &reply)
		waits.Go(func() {
			err := p.Wait(ctx)
			if err == nil {
				err = req.Reply(ctx, reply)
			} else {
				err = req.Fail(ctx, err)
			}
			if err != nil {
				_ = from.Close() // its client cannot hear of it in another way
			}
		})
	}
}
