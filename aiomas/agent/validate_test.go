package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// asked is a container of which the test sees what it is asked for. It has the agents
// "0" to "9999", and keeps the first question waiting.
type asked struct {
	url         string
	root        *aiomas.Router
	first       chan struct{} // the answer to the first question waits for it
	calls, aids atomic.Int64
}

func newAsked(t *testing.T, batches bool) *asked {
	t.Helper()
	a := &asked{first: make(chan struct{})}
	class := func(id string) *string {
		a.aids.Add(1)
		if len(id) > 4 {
			return nil
		}
		name := "House"
		return &name
	}
	wait := func() {
		if a.calls.Add(1) == 1 {
			<-a.first
		}
	}
	root, agents := aiomas.NewRouter(), aiomas.NewRouter()
	root.Expose("validate_aid", func(aid string) *string { wait(); return class(aid) })
	if batches {
		root.Expose("validate_aids", func(aids []string) map[string]any {
			wait()
			var list []*string
			for _, id := range aids {
				list = append(list, class(id))
			}
			return map[string]any{"classes": list, "first": []int{}, "last": []int{}, "of": []string{}}
		})
	}
	if err := root.Add("agents", agents); err != nil {
		t.Fatal(err)
	}
	a.url, a.root = serveRoot(t, root), root
	return a
}

// serveRoot serves what a container would, and returns the address of the container.
func serveRoot(t *testing.T, root *aiomas.Router) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := aiomas.NewServer(root)
	go func() { _ = s.Serve(t.Context(), ln) }()
	t.Cleanup(func() { _ = s.Close() })
	return "tcp://" + ln.Addr().String() + "/"
}

// connectAll connects to n agents at once, and returns the errors.
func connectAll(t *testing.T, c *agent.Container, a *asked, ids func(i int) string, n int) []error {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	var begun sync.WaitGroup
	for i := range n {
		begun.Add(1)
		wg.Go(func() {
			begun.Done()
			_, errs[i] = c.Connect(t.Context(), a.url+ids(i))
		})
	}
	begun.Wait()
	select {
	case <-a.first:
	default:
		close(a.first)
	}
	wg.Wait()
	return errs
}

// Agents that many want to reach are asked for together, by a container that can, and
// one by one of a container in Python; each caller learns of its own agent.
func TestManyAgentsAreAskedForTogether(t *testing.T) {
	for _, batches := range []bool{true, false} {
		a, c := newAsked(t, batches), newContainer(t, "tcp://127.0.0.1:0")
		ids := func(i int) string { return []string{fmt.Sprint(i), fmt.Sprint("missing", i)}[i%2] }
		for i, err := range connectAll(t, c, a, ids, 500) {
			if i%2 == 0 && err != nil || i%2 == 1 && (!errors.Is(err, agent.ErrNoAgent) || !strings.Contains(err.Error(), fmt.Sprintf(`Agent "missing%d" does`, i))) {
				t.Errorf("agent %d: %v", i, err)
			}
		}
		if n := a.aids.Load(); n != 500 {
			t.Errorf("it was asked for %d agents", n)
		}
		n := a.calls.Load()
		if batches && n > 250 {
			t.Errorf("%d calls", n)
		}
		// Those that are there are known now, and the others may be there by now.
		connectAll(t, c, a, ids, 500)
		if n := a.aids.Load(); n != 750 {
			t.Errorf("it was asked for %d agents in all", n)
		}
	}
}

// Unchecked asks nobody: a call to an agent that is not there fails.
func TestUnchecked(t *testing.T) {
	a, c := newAsked(t, true), newContainer(t, "tcp://127.0.0.1:0")
	for range 2 {
		p, err := c.Connect(t.Context(), a.url+"nobody", agent.Unchecked())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Sub("hello").Call(t.Context(), nil); !errors.Is(err, aiomas.LookupError) {
			t.Errorf("a call to nobody: %v", err)
		}
	}
	if n := a.calls.Load(); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
	if _, err := c.Connect(t.Context(), "tcp://127.0.0.1/nobody", agent.Unchecked()); !errors.Is(err, aiomas.ValueError) {
		t.Errorf("no port: %v", err)
	}
}

// That agents are there is remembered, but not of all that somebody ever asked for.
func TestKnownAgentsAreBounded(t *testing.T) {
	a, c := newAsked(t, true), newContainer(t, "tcp://127.0.0.1:0")
	for i, err := range connectAll(t, c, a, func(i int) string { return fmt.Sprint(i) }, 10_000) {
		if err != nil {
			t.Fatalf("agent %d: %v", i, err)
		}
	}
	before := a.aids.Load()
	connectAll(t, c, a, func(i int) string { return fmt.Sprint(i) }, 10_000)
	if n := a.aids.Load() - before; n < 10_000-8192 || n > 9000 {
		t.Errorf("%d agents were asked for again", n)
	}
}

// town is a container with many agents, which counts what it is asked.
type town struct {
	*agent.Container
	requests aiomas.Metrics
}

func newTown(t *testing.T, addr string, agents int) *town {
	t.Helper()
	w := &town{}
	w.Container = newContainer(t, addr, agent.WithConnection(aiomas.WithMetrics(&w.requests)))
	for range agents {
		newCallee(t, w.Container)
	}
	return w
}

// learn connects to a few agents at the same time, until c has learned which others there are.
func (w *town) learn(t *testing.T, c *agent.Container) {
	t.Helper()
	for i := range 90 {
		var wg sync.WaitGroup
		for k := range 5 {
			wg.Go(func() { _, _ = c.Connect(t.Context(), fmt.Sprint(w.Addr(), 5*i+k)) })
		}
		wg.Wait()
		before := w.requests.Snapshot().RequestsTotal
		connect(t, c, fmt.Sprint(w.Addr(), 500+i))
		if w.requests.Snapshot().RequestsTotal == before {
			return
		}
	}
	t.Fatal("each agent is asked about")
}

// Who has asked about some agents knows all others of the same kind, with their names.
func TestNeighboursOfKnownAgentsAreKnown(t *testing.T) {
	for _, addr := range []string{"tcp://127.0.0.1:0", "unix://" + socketPath(t, "town")} {
		w, c := newTown(t, addr, 1000), newContainer(t, "tcp://127.0.0.1:0")
		w.learn(t, c)
		before := w.requests.Snapshot().RequestsTotal
		for id := range 1000 {
			url := fmt.Sprint(w.Addr(), id)
			if p := connect(t, c, url); p.String() != "CalleeProxy('"+url+"')" {
				t.Fatal(p)
			}
		}
		if n := w.requests.Snapshot().RequestsTotal - before; n != 0 {
			t.Errorf("it was asked %d times", n)
		}
		for _, id := range []string{"1000", "01", "x"} {
			if _, err := c.Connect(t.Context(), w.Addr()+id); !errors.Is(err, agent.ErrNoAgent) {
				t.Errorf("agent %s: %v", id, err)
			}
		}
		newCallee(t, w.Container)
		connect(t, c, w.Addr()+"1000")
	}
}

// An agent that is removed is forgotten by all who have learned of it, though nobody asks about
// it again.
func TestRemovedAgentsAreForgotten(t *testing.T) {
	w := newTown(t, "tcp://127.0.0.1:0", 1000)
	var others []*agent.Container
	for range 3 {
		c := newContainer(t, "tcp://127.0.0.1:0")
		w.learn(t, c)
		others = append(others, c)
	}
	_ = others[2].Close()
	for _, id := range []string{"700", "701"} {
		if !w.Unregister(id) {
			t.Fatal("it was not there")
		}
		for _, c := range others[:2] {
			for { // the container is told soon
				if _, err := c.Connect(t.Context(), w.Addr()+id); errors.Is(err, agent.ErrNoAgent) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				runtime.Gosched()
			}
			connect(t, c, w.Addr()+"702")
		}
	}
}

// Containers whose validate_aids returns something else are asked as those in Python are.
func TestAnswersOfOtherVersions(t *testing.T) {
	for name, answer := range map[string]any{
		"a list of classes": func(aids []string) []string { return make([]string, len(aids)) },
		"too few classes":   func([]string) map[string]any { return map[string]any{"classes": []any{}} },
		"more to come":      func(aids []string) map[string]any { return map[string]any{"classes": aids, "runs": []any{1, 2}} },
		"runs without ends": func(aids []string) map[string]any { return map[string]any{"classes": aids, "first": []int{1}} },
		"an exception":      func([]string) (any, error) { return nil, aiomas.LookupError.New("validate_aids") },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsked(t, false)
			a.root.Expose("validate_aids", answer)
			c := newContainer(t, "tcp://127.0.0.1:0")
			for round := range 2 {
				for i, err := range connectAll(t, c, a, func(i int) string { return fmt.Sprint(50*round + i) }, 50) {
					if err != nil {
						t.Errorf("round %d, agent %d: %v", round, i, err)
					}
				}
			}
		})
	}
}

// An ID that cannot be sent, and a container that refuses to be asked about many agents at once,
// are no reason for others to fail.
func TestQuestionsOfOthersThatFail(t *testing.T) {
	a, c := newAsked(t, true), newContainer(t, "tcp://127.0.0.1:0")
	close(a.first)
	proxies, err := c.ConnectAll(t.Context(), []string{a.url + "1", a.url + "\xff", a.url + "2"})
	var unsent *aiomas.EncodeError
	var which *agent.ConnectError
	if !errors.As(err, &unsent) || !errors.As(err, &which) || which.URL != a.url+"\xff" || proxies[0] == nil || proxies[2] == nil {
		t.Errorf("an ID that is not UTF-8: %v, %v", proxies, err)
	}

	b := newAsked(t, false)
	close(b.first)
	b.root.Expose("validate_aids", func([]string) error { return aiomas.RuntimeError.New("too many agents") })
	for range 2 {
		if _, err := c.ConnectAll(t.Context(), []string{b.url + "1", b.url + "2"}); err != nil {
			t.Error(err)
		}
	}
}

// An answer that is older than the removal of an agent is not kept.
func TestAnswersFromBeforeARemoval(t *testing.T) {
	root, agents := aiomas.NewRouter(), aiomas.NewRouter()
	if err := root.Add("agents", agents); err != nil {
		t.Fatal(err)
	}
	var questions atomic.Int64
	root.Expose("validate_aid", func(ctx context.Context, aid string) (string, error) {
		questions.Add(1)
		return "House", aiomas.ClientFrom(ctx).Remote("forget_agents").Call(ctx, nil)
	})
	url, c := serveRoot(t, root), newContainer(t, "tcp://127.0.0.1:0")
	for n := range int64(3) {
		if connect(t, c, url+"0"); questions.Load() != n+1 {
			t.Errorf("after %d connections it was asked %d times", n+1, questions.Load())
		}
	}
}

// A container that removes an agent knows that at once, also if it has learned of the agent from
// itself.
func TestRemovedNeighbour(t *testing.T) {
	for _, addr := range []string{"tcp://127.0.0.1:0", "unix://" + socketPath(t, "town")} {
		w := newTown(t, addr, 1000)
		w.learn(t, w.Container)
		w.Unregister("700")
		if _, err := w.Connect(t.Context(), w.Addr()+"700"); !errors.Is(err, agent.ErrNoAgent) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
