package agent_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// teller tells another agent who it is, in a turn of its own.
type teller struct {
	agent.Agent
	to *aiomas.Proxy
}

// Ping does nothing.
func (*teller) Ping() {}

// tell returns when the call is sent, which it does not wait for.
func (a *teller) tell(ctx context.Context, who int, done chan<- error) error {
	a.InTurn(func(ctx context.Context) { done <- a.to.Call(ctx, nil, who) })()
	return a.Turn(ctx, func(context.Context) error { return nil }) // the first turn is left when it has sent its call
}

// hearer notes who has told it something.
type hearer struct {
	agent.Agent
	heard []int
}

// Hear notes who calls.
func (h *hearer) Hear(who int) { h.heard = append(h.heard, who) }

// An agent that calls a neighbour, and then lets an agent elsewhere call the same neighbour, is
// first, and the other way round: calls within a container are in the order of arrival with those
// by sockets, also while the container has other work.
func TestNeighboursAndOthersAreHandledInTheOrderOfArrival(t *testing.T) {
	const others, rounds = 4, 100
	for network, listen := range map[string]func() string{
		"tcp":  func() string { return "tcp://127.0.0.1:0" },
		"unix": func() string { return "unix://" + socketPath(t, "s") },
	} {
		t.Run(network, func(t *testing.T) {
			home := newContainer(t, listen())
			h := &hearer{}
			if _, err := home.Register(h, agent.Expose("Hear")); err != nil {
				t.Fatal(err)
			}
			var tellers []*teller
			for i := range others + 1 {
				c := home
				if i > 0 {
					c = newContainer(t, listen())
				}
				// Nobody else writes to this connection: a frame could be left to that goroutine.
				a := &teller{to: connect(t, c, h.Addr(), agent.Unchecked()).Sub("hear")}
				if _, err := c.Register(a, agent.Expose("Ping")); err != nil {
					t.Fatal(err)
				}
				tellers = append(tellers, a)
			}
			stop := work(t, connect(t, newContainer(t, listen()), tellers[0].Addr()))
			defer stop()
			rnd := rand.New(rand.NewPCG(1, 2))
			done := make(chan error, len(tellers))
			for round := range rounds {
				order := rnd.Perm(len(tellers))
				for _, i := range order {
					if err := tellers[i].tell(t.Context(), i, done); err != nil {
						t.Fatal(err)
					}
				}
				for range order {
					if err := <-done; err != nil {
						t.Fatal(err)
					}
				}
				if got := fmt.Sprint(h.heard); round > 0 && got != fmt.Sprint(order) { // in the first one connections begin
					t.Fatalf("round %d: heard %v, want %v (0 is the neighbour)", round, got, order)
				}
				h.heard = nil
			}
		})
	}
}

// work keeps the container of an agent busy until the returned function is called.
func work(t *testing.T, p *aiomas.Proxy) (stop func()) {
	var over atomic.Bool
	done := make(chan error)
	const flight = 10
	for range flight {
		go func() {
			var err error
			for err == nil && !over.Load() {
				err = p.Sub("ping").Call(t.Context(), nil)
			}
			done <- err
		}()
	}
	return func() {
		over.Store(true)
		for range flight {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
}

// descriptors returns the number of open file descriptors.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// The agents of a container call each other without a file descriptor.
func TestNeighboursNeedNoDescriptor(t *testing.T) {
	for network, c := range neighbourhoods(t) {
		t.Run(network, func(t *testing.T) {
			home, other := newContainer(t, c.addr, c.opts...), newContainer(t, c.addr2, c.opts...)
			callee := newCallee(t, home)
			connect(t, other, callee.Addr()) // the loop of the container has its own descriptor
			before := descriptors(t)
			if got, err := aiomas.Call[string](t.Context(), connect(t, home, callee.Addr()).Sub("spam"), 2); got != "spamspam" || err != nil {
				t.Error(got, err)
			}
			if n := descriptors(t) - before; n > 0 {
				t.Errorf("%d descriptors", n)
			}
		})
	}
}
