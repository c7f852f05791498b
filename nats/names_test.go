package nats_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
)

// A name that nobody has is refused at once: long before the timeout.
func TestUnknownName(t *testing.T) {
	a, b := two(t, nats.Options{Timeout: time.Hour})
	if _, err := a.Dial(t.Context(), "plant.b"); !errors.Is(err, syscall.ECONNREFUSED) || !aiomas.IsUnavailable(err) {
		t.Fatalf("nobody has the name: %v", err)
	}
	ln := listen(t, b, "plant.b")
	if ln.Addr().String() != "plant.b" || aiomas.FormatAddress(ln.Addr()) != "nats://plant.b" {
		t.Errorf("the address is %v", ln.Addr())
	}
	c, err := a.Dial(t.Context(), "plant.b")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Close(), ln.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after Close: %v", err)
	}
	if _, err := b.Dial(t.Context(), "plant.b"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the name is given up: %v", err)
	}
	for _, name := range []string{"", "a/b", "a b", "a..b", "*", "a.>", ".a", "ä"} {
		_, err1 := a.Dial(t.Context(), name)
		_, err2 := a.Listen(t.Context(), name)
		if !errors.Is(err1, nats.ErrBadName) || !errors.Is(err2, nats.ErrBadName) {
			t.Errorf("%q: %v, %v", name, err1, err2)
		}
	}
}

// A name is one listener's, of this process or of another.
func TestNameIsTaken(t *testing.T) {
	a, b := two(t, nats.Options{})
	ln := listen(t, a, "name")
	for _, n := range []*nats.Transport{a, b} {
		if _, err := n.Listen(t.Context(), "name"); !errors.Is(err, nats.ErrNameTaken) || !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("the second one: %v", err)
		}
	}
	if _, err := b.Dial(t.Context(), "name"); err != nil {
		t.Errorf("the first one lost it: %v", err)
	}
	_ = ln.Close()
	listen(t, b, "name")
}

// Of many who take a name at the same moment, one has it.
func TestNameIsTakenAtTheSameMoment(t *testing.T) {
	s := start(t, embedded.Options{})
	const many, rounds = 5, 5
	var transports []*nats.Transport
	for range many {
		transports = append(transports, connect(t, s.URL(), nats.Options{Claim: 200 * time.Millisecond}))
	}
	for range rounds {
		var mu sync.Mutex
		var have []net.Listener
		var wg sync.WaitGroup
		for _, n := range transports {
			wg.Go(func() {
				ln, err := n.Listen(context.Background(), "name")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					have = append(have, ln)
				} else if !errors.Is(err, nats.ErrNameTaken) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(have) != 1 {
			t.Errorf("%d of %d have the name", len(have), many)
		}
		for _, ln := range have {
			_ = ln.Close()
		}
	}
}

// Dial and Listen end with their contexts, and say what the options cannot be.
func TestContextsAndOptions(t *testing.T) {
	s := start(t, embedded.Options{})
	a := connect(t, s.URL(), nats.Options{Claim: time.Hour})
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := a.Listen(ctx, "name")
		done <- err
	}()
	cancel(why)
	if err := <-done; !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
		t.Errorf("listen: %v", err)
	}
	for _, o := range []nats.Options{{Prefix: "a b"}, {Process: "*"}, {Timeout: -1}, {Claim: -1}, {Window: 1}, {Window: 2 << 30}} {
		if n, err := nats.Connect(t.Context(), s.URL(), o); err == nil {
			t.Errorf("%+v is accepted", o)
			_ = n.Close()
		}
	}
	if _, err := nats.Connect(t.Context(), "nats://127.0.0.1:1", nats.Options{}); err == nil {
		t.Error("connected to nobody")
	}
}
