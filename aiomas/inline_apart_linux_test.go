package aiomas_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// actors returns a router with n routers below it, 0, 1, 2 …, that take turns. Their
// functions are those that setup exposes.
func actors(t *testing.T, n int, setup func(i int, r *aiomas.Router)) *aiomas.Router {
	t.Helper()
	root := aiomas.NewRouter()
	for i := range n {
		r := aiomas.NewRouter()
		r.TakeTurns()
		setup(i, r)
		if err := root.Add(fmt.Sprint(i), r); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// apart returns connections that one goroutine reads, and their peers. At the end of
// the test it checks that requests were handled by other goroutines, too.
func apart(t *testing.T, n int, root *aiomas.Router) (clients []*aiomas.Client, peers []rawPeer) {
	t.Helper()
	arrivals := aiomas.WithArrivals(new(aiomas.Arrivals))
	for range n {
		c, p := newRawClient(t, root, arrivals, aiomas.WithInline())
		clients, peers = append(clients, c), append(peers, p)
	}
	return clients, peers
}

func timesApart(clients []*aiomas.Client) (n int) {
	for _, c := range clients {
		n += c.Channel().Apart()
	}
	return n
}

// While one goroutine handles the requests of a connection, another reads the others:
// each actor has its calls in the order of arrival, one at a time.
func TestApartKeepsTheOrder(t *testing.T) {
	const agents, conns, most = 5, 8, 3000
	type actor struct {
		last  int
		inner atomic.Int32
	}
	var wrong atomic.Int32
	all := make([]*actor, agents)
	root := actors(t, agents, func(i int, r *aiomas.Router) {
		a := &actor{}
		all[i] = a
		r.Expose("note", func(n int) {
			if a.inner.Add(1) != 1 || n != a.last+1 {
				wrong.Add(1)
			}
			a.last = n
			a.inner.Add(-1)
		})
	})
	clients, peers := apart(t, conns, root)
	rnd := rand.New(rand.NewPCG(1, 2))
	var sent [agents]int
	for round := 0; round < most && (round < 200 || timesApart(clients) < 50); round++ {
		sizes := make([]int, conns)
		for i, p := range peers {
			var batch []string
			for range 4 + rnd.IntN(5) {
				a := rnd.IntN(agents)
				sent[a]++
				batch = append(batch, request(sent[a], fmt.Sprintf("%d/note", a), sent[a]))
			}
			sizes[i] = len(batch)
			p.batch(batch...)
		}
		for i, p := range peers {
			p.replies(sizes[i])
		}
	}
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d calls were out of order", n)
	}
	if timesApart(clients) == 0 && runtime.GOMAXPROCS(0) > 1 {
		t.Error("no request was handled apart")
	}
}

// Functions of one batch that wait for each other, without leaving their turns, or for
// those of other connections, are all begun.
func TestApartWaitsForNobody(t *testing.T) {
	const conns, rounds = 4, 30
	meet := make(chan int)
	root := actors(t, 2*conns, func(i int, r *aiomas.Router) {
		r.Expose("add", func(a, b int) int { return a + b })
		if i%2 == 0 {
			r.Expose("meet", func(n int) int { meet <- n; return n })
		} else {
			r.Expose("meet", func(int) int { return <-meet })
		}
		r.Expose("exit", func() { runtime.Goexit() })
	})
	clients, peers := apart(t, conns, root)
	for round := range rounds {
		for i, p := range peers {
			left, right := 2*i, 2*((i+round)%conns)+1 // on this connection, or another one
			path := func(agent int, name string) string { return fmt.Sprintf("%d/%s", agent, name) }
			batch := []string{
				request(0, path(left, "add"), 1, 2), request(1, path(left, "meet"), 7), request(2, path(right, "add"), 2, 3),
				request(3, path(right, "meet"), 7), request(4, path(left, "exit")), request(5, path(left, "add"), 3, 4),
			}
			p.batch(batch...)
		}
		for _, p := range peers {
			for range 6 {
				switch m := p.recv(); {
				case m == result(0, 3), m == result(1, 7), m == result(2, 5), m == result(3, 7), m == result(5, 7):
				case strings.HasPrefix(m, "[2, 4, "):
				default:
					t.Fatalf("got %s", m)
				}
			}
		}
	}
	t.Logf("%d times apart", timesApart(clients))
}

// A result that is delayed, for more of its connection, leaves before a call that a later
// turn makes, though that is of another connection, and handled by another goroutine.
func TestDelayedResultsOfOtherConnectionsLeaveFirst(t *testing.T) {
	noted, release := make(chan struct{}), make(chan struct{})
	var other *aiomas.Client
	root := actors(t, 2, func(i int, r *aiomas.Router) {
		r.Expose("note", func() { noted <- struct{}{} })
		r.Expose("tell", func(ctx context.Context) error { return other.Remote("hear").Call(ctx, nil) })
		r.Expose("tell_late", func(ctx context.Context) error {
			err := aiomas.Await(ctx, func() error { return nil })
			if err == nil {
				err = other.Remote("hear").Call(ctx, nil)
			}
			return err
		})
		r.Expose("block", func() { <-release })
	})
	other, otherPeer := newRawClient(t, root)
	calls := 0 // of other
	for _, tell := range []string{"tell", "tell_late"} {
		for round := range 50 {
			_, p := newRawClient(t, root, aiomas.WithArrivals(new(aiomas.Arrivals)), aiomas.WithInline())
			_, q := newRawClient(t, root)
			p.batch(request(0, "0/note"), request(1, "1/block"))
			<-noted
			q.send(request(0, "0/"+tell))
			otherPeer.recv()
			if !p.hasArrived() {
				t.Errorf("%s, round %d: the call has come, and not the result of the turn before", tell, round)
			}
			release <- struct{}{}
			otherPeer.send(fmt.Sprintf("[1, %d, null]", calls))
			calls++
			q.expect("[1, 0, null]")
		}
	}
}
