package agents

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// walker visits random others, who call it back and visit others in turn. It is
// the twin of the one in agents_system.py.
type walker struct {
	agent.Agent
	urls *[]string // of all walkers of the system

	mu             sync.Mutex
	random         *rand.Rand
	visits, thanks int
}

// Start lets a visitor come by others, one from the other, and returns how many
// it came by.
func (w *walker) Start(ctx context.Context, rounds int) (int, error) {
	w.mu.Lock()
	url := (*w.urls)[w.random.IntN(len(*w.urls))]
	w.mu.Unlock()
	other, err := w.Container().Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	return aiomas.Call[int](ctx, other.Sub("visit"), w, rounds-1)
}

// Visit thanks the visitor and goes on.
func (w *walker) Visit(ctx context.Context, visitor *aiomas.Proxy, rounds int) (int, error) {
	w.mu.Lock()
	w.visits++
	w.mu.Unlock()
	if addr, err := aiomas.Call[string](ctx, visitor.Sub("thank"), w.Addr()); addr != w.Addr() || err != nil {
		return 0, fmt.Errorf("thanked %s: %w", addr, err)
	}
	if rounds == 0 {
		return 1, nil
	}
	n, err := w.Start(ctx, rounds)
	return n + 1, err
}

// Thank counts.
func (w *walker) Thank(addr string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.thanks++
	return addr
}

// Counts returns how often it was visited and thanked.
func (w *walker) Counts() (int, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.visits, w.thanks
}

// Two containers in Go and two in Python, a thousand agents, each of which sends a
// visitor round by others that call it back: nothing is lost, the counts agree,
// and all end well. Each of the 3,000 visits is two calls, half of them from one
// language to the other.
func TestMixedSystem(t *testing.T) {
	const each, rounds = 250, 3
	py := pythons(t)
	for _, cd := range []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec} {
		t.Run(cd.Name(), func(t *testing.T) {
			home := cell{py[0], cd}.newContainer(t)
			var urls []string
			for i := range 2 {
				c := cell{py[i%len(py)], cd}.newContainer(t)
				for j := range each {
					w := &walker{urls: &urls, random: rand.New(rand.NewPCG(uint64(i), uint64(j)))}
					register(t, c, w, agent.Expose("Start", "Visit", "Thank", "Counts"))
					urls = append(urls, w.Addr())
				}
			}
			var registrars []*aiomas.Proxy
			for i := range 2 {
				d := cell{py[i%len(py)], cd}.startDriver(t, home)
				registrar, _ := d.spawn("agents_system:Registrar")
				registrars = append(registrars, registrar)
				own, err := aiomas.Call[[]string](t.Context(), registrar.Sub("spawn"), each, 1000*i)
				if err != nil {
					t.Fatal(err)
				}
				urls = append(urls, own...)
			}
			for _, r := range registrars {
				if err := r.Sub("share").Call(t.Context(), nil, urls); err != nil {
					t.Fatal(err)
				}
			}
			checkSystem(t, home, urls, rounds)
		})
	}
}

func checkSystem(t *testing.T, home *agent.Container, urls []string, rounds int) {
	t.Helper()
	start := time.Now()
	proxies := make([]*aiomas.Proxy, len(urls))
	totals := make([]int, len(urls))
	calls := make([]*aiomas.Pending, len(urls))
	for i, url := range urls {
		proxies[i] = connect(t, home, url)
	}
	for i, p := range proxies {
		calls[i] = p.Sub("start").Go(t.Context(), &totals[i], rounds)
	}
	total, visits, thanks := 0, 0, 0
	for i, c := range calls {
		if err := c.Wait(t.Context()); err != nil {
			t.Fatalf("%s: %v", urls[i], err)
		}
		total += totals[i]
	}
	took := time.Since(start)
	for _, p := range proxies {
		var v, k int
		if err := p.Sub("counts").Call(t.Context(), &codec.Tuple{&v, &k}); err != nil {
			t.Fatal(err)
		}
		visits, thanks = visits+v, thanks+k
	}
	if want := rounds * len(urls); total != want || visits != want || thanks != want {
		t.Errorf("%d visits returned, %d made, %d thanked; want %d", total, visits, thanks, want)
	}
	t.Logf("%d agents, %d visits with callback in %v", len(urls), visits, took)
}
