package agents

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// store is the twin of Store in agents_order.py. It has no lock: the race detector
// sees whether calls are handled one at a time.
type store struct {
	agent.Agent
	value            any
	last, disordered int
	notes            map[string]int
}

// Update and Get are called by different connections.
func (s *store) Update(value any) { s.value = value }

// Get returns what Update was told.
func (s *store) Get() any { return s.value }

// Hello lets a prober have a proxy of the store, on a connection of our container.
func (s *store) Hello(ctx context.Context, url string) error {
	prober, err := s.Container().Connect(ctx, url)
	if err != nil {
		return err
	}
	return prober.Sub("register").Call(ctx, nil, s)
}

// Ping counts the calls that are not in order.
func (s *store) Ping(i int) {
	if i != s.last+1 {
		s.disordered++
	}
	s.last = i
}

// Bad returns their number.
func (s *store) Bad() int {
	bad := s.disordered
	s.last, s.disordered = 0, 0
	return bad
}

// Walk calls the Walk of the first of the agents with the others.
func (s *store) Walk(ctx context.Context, urls []string) (int, error) {
	if len(urls) == 0 {
		return 0, nil
	}
	there, err := s.Container().Connect(ctx, urls[0])
	if err != nil {
		return 0, err
	}
	n, err := aiomas.Call[int](ctx, there.Sub("walk"), urls[1:])
	return n + 1, err
}

// Alternate pings a neighbour, itself and by the driver of a Python container by turns.
func (s *store) Alternate(ctx context.Context, neighbour, driver string, pings int) error {
	for i := 1; i <= pings; i += 2 {
		there, err := s.Container().Connect(ctx, neighbour)
		if err != nil {
			return err
		}
		if err := there.Sub("ping").Call(ctx, nil, i); err != nil {
			return err
		}
		d, err := s.Container().Connect(ctx, driver)
		if err != nil {
			return err
		}
		if err := d.Sub("call").Call(ctx, nil, neighbour, "ping", []int{i + 1}); err != nil {
			return err
		}
	}
	return nil
}

// Fork calls all agents at once, which do the same.
func (s *store) Fork(ctx context.Context, urls []string, depth int) (int, error) {
	if depth == 0 {
		return 1, nil
	}
	counts := make([]int, len(urls))
	pending := make([]*aiomas.Pending, len(urls))
	for i, url := range urls {
		there, err := s.Container().Connect(ctx, url)
		if err != nil {
			return 0, err
		}
		pending[i] = there.Sub("fork").Go(ctx, &counts[i], urls, depth-1)
	}
	n := 1
	for i, p := range pending {
		if err := p.Wait(ctx); err != nil {
			return 0, err
		}
		n += counts[i]
	}
	return n, nil
}

// Note returns a map that is encoded while others want to change it.
func (s *store) Note(who string, i int) map[string]int {
	s.notes[who] = i
	return s.notes
}

// startStores makes a container of ours with stores, which nothing reads along with:
// that would change the order between connections.
func startStores(t *testing.T, c cell, addr string, n int, opts ...agent.Option) (urls []string) {
	t.Helper()
	home, err := agent.NewContainer(t.Context(), addr, append(opts, agent.WithCodec(c.codec))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := home.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	for range n {
		s := &store{notes: map[string]int{}}
		register(t, home, s, agent.Expose("Update", "Get", "Hello", "Ping", "Bad", "Walk", "Alternate", "Fork", "Note"))
		urls = append(urls, s.Addr())
	}
	return urls
}

// places are where both sides listen.
func places(t *testing.T) map[string][2]string {
	dir := testnet.SocketDir(t)
	return map[string][2]string{
		"tcp":  {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0"},
		"unix": {"unix://" + dir + "/go", "unix://" + dir + "/py"},
	}
}

// A Python agent updates another one by one connection and asks it by another one at
// once; it makes 1,000 and 10,000 calls at once by one. Our agent answers as a Python
// agent beside it does: nothing is stale, all is in order.
func TestTheOrderOfCallsIsThatOfAPythonContainer(t *testing.T) {
	for _, py := range pythons(t) {
		for network, where := range places(t) {
			t.Run(py.String()+"/"+network, func(t *testing.T) {
				c := cell{py, json.Codec}
				urls := startStores(t, c, where[0], 1)
				driving := c.newContainer(t)
				d := c.startDriver(t, driving, "--listen", where[1])
				_, prober := d.spawn("agents_order:Prober")
				other := c.startDriver(t, driving)
				_, pythonStore := other.spawn("agents_order:Store")
				const pairs = 200
				for whose, url := range map[string]string{"Go": urls[0], "Python": pythonStore} {
					for _, gap := range []int{0, 200} {
						var stale int
						if d.do(&stale, "call", prober, "stale", []any{url, pairs, gap}); stale != 0 {
							t.Errorf("%s, after %d µs: %d of %d answers are stale", whose, gap, stale, pairs)
						}
					}
					for _, calls := range []int{1000, 10_000} {
						var bad int
						if d.do(&bad, "call", prober, "disorder", []any{url, calls}); bad != 0 {
							t.Errorf("%s: %d of %d calls are out of order", whose, bad, calls)
						}
					}
				}
			})
		}
	}
}

// An agent of ours pings its neighbour, which needs no socket, and lets Python ping it, by turns, while Python
// calls both: all is in order, and Python finds both.
func TestNeighboursAndPythonTakeTurns(t *testing.T) {
	for network, where := range places(t) {
		t.Run(network, func(t *testing.T) {
			c := cell{pythons(t)[0], json.Codec}
			urls := startStores(t, c, where[0], 2)
			driving := c.newContainer(t)
			d := c.startDriver(t, driving, "--listen", where[1])
			var pending []*aiomas.Pending
			for range 20 { // work of the container meanwhile
				pending = append(pending, d.Sub("call").Go(t.Context(), nil, urls[0], "get"))
			}
			const pings = 40
			if err := connect(t, driving, urls[0]).Sub("alternate").Call(t.Context(), nil, urls[1], d.url, pings); err != nil {
				t.Fatal(err)
			}
			for _, p := range pending {
				if err := p.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if bad, err := aiomas.Call[int](t.Context(), connect(t, driving, urls[1]).Sub("bad")); bad != 0 || err != nil {
				t.Errorf("%d of %d calls are out of order, %v", bad, pings, err)
			}
		})
	}
}

// Chains of agents in both languages that come by the same agents again and again, and
// agents that call all others at once, which call them back: nothing waits for itself.
func TestChainsAndCallbacksEnd(t *testing.T) {
	for _, turns := range []agent.Turns{agent.PerAgent, agent.PerContainer} {
		t.Run(fmt.Sprint(turns), func(t *testing.T) {
			c := cell{pythons(t)[0], json.Codec}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			urls := startStores(t, c, "tcp://127.0.0.1:0", 3, agent.WithTurns(turns))
			home := c.newContainer(t)
			d := c.startDriver(t, home)
			for range 2 {
				_, url := d.spawn("agents_order:Store")
				urls = append(urls, url)
			}
			var way []string
			for i := range 40 {
				way = append(way, urls[i*3%len(urls)])
			}
			var pending []*aiomas.Pending
			walked := make([]int, 50)
			for i := range walked {
				start := connect(t, home, urls[i%len(urls)])
				pending = append(pending, start.Sub("walk").Go(ctx, &walked[i], way))
			}
			forked := make([]int, len(urls))
			for i := range forked {
				pending = append(pending, connect(t, home, urls[i]).Sub("fork").Go(ctx, &forked[i], urls, 3))
			}
			for _, p := range pending {
				if err := p.Wait(ctx); err != nil {
					t.Fatal(err)
				}
			}
			for _, n := range walked {
				if n != len(way) {
					t.Errorf("walked %d steps of %d", n, len(way))
				}
			}
			for _, n := range forked {
				if want := 1 + 5 + 25 + 125; n != want {
					t.Errorf("%d calls, want %d", n, want)
				}
			}
		})
	}
}

// 100 connections in both languages at once use an agent with a plain map.
func TestManyConnectionsUseAnAgentWithoutALock(t *testing.T) {
	c := cell{pythons(t)[0], json.Codec}
	urls := startStores(t, c, "tcp://127.0.0.1:0", 1)
	addr, err := agent.ParseAddr(urls[0])
	if err != nil {
		t.Fatal(err)
	}
	d := c.startDriver(t, c.newContainer(t))
	_, prober := d.spawn("agents_order:Prober")
	const each, calls = 50, 40
	var wg sync.WaitGroup
	for i := range each {
		client, err := aiomas.Dial(t.Context(), "tcp://"+net.JoinHostPort(addr.Host, strconv.Itoa(addr.Port)),
			aiomas.WithSerializers(agent.Dates))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		wg.Go(func() {
			name := fmt.Sprint("go", i)
			for n := range calls {
				got, err := aiomas.Call[map[string]int](t.Context(), client.Remote("agents", "0", "note"), name, n)
				if err != nil || got[name] != n {
					t.Errorf("%s: got %d, %v", name, got[name], err)
					return
				}
			}
		})
	}
	var wrong int
	d.do(&wrong, "call", prober, "crowd", []any{[]any{addr.Host, addr.Port}, c.codec.Name(), each, calls})
	wg.Wait()
	if wrong != 0 {
		t.Errorf("Python got %d wrong answers", wrong)
	}
}

// stuck is an agent whose methods are never done; its manager must end all the same.
type stuck struct{ agent.Agent }

// Block ends with its context. began is an agent that hears of its begin.
func (s *stuck) Block(ctx context.Context, began string) error {
	if err := s.tell(ctx, began); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// Stuck has no end at all.
func (s *stuck) Stuck(ctx context.Context, began string) error {
	if err := s.tell(ctx, began); err != nil {
		return err
	}
	select {}
}

func (s *stuck) tell(ctx context.Context, url string) error {
	there, err := s.Container().Connect(ctx, url)
	if err != nil {
		return err
	}
	return there.Sub("tell").Call(ctx, nil)
}

// bell is an agent that hears of something.
type bell struct {
	agent.Agent
	rang chan struct{}
}

// Tell rings it.
func (b *bell) Tell() { b.rang <- struct{}{} }

// A manager whose agent is stuck ends when a Python program says so, and the agent's
// caller gets an exception.
func TestAManagerWithAStuckAgentEnds(t *testing.T) {
	for _, method := range []string{"block", "stuck"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			c := cell{pythons(t)[0], json.Codec}
			home := c.newContainer(t)
			b := &bell{rang: make(chan struct{}, 1)}
			register(t, home, b, agent.Expose("Tell"))
			d := c.startDriver(t, home)
			listen := fmt.Sprintf("tcp://127.0.0.1:%d", testnet.FreePort(t))
			line := append(goManager(t, c.codec), listen)
			cmd := exec.Command(line[0], line[1:]...)
			cmd.Env = append(os.Environ(), roleVariable+"=manager")
			cmd.Stderr = os.Stderr
			p, err := home.Start(t.Context(), cmd, listen+"/0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Kill)
			_, url, err := p.Spawn(t.Context(), "demo:Stuck")
			if err != nil {
				t.Fatal(err)
			}
			var failed []string
			call := d.Sub("failure").Go(t.Context(), &failed, url, method, []any{b.Addr()})
			<-b.rang
			d.do(nil, "call", listen+"/0", "stop")
			if err := p.Wait(); err != nil {
				t.Errorf("the process: %v", err)
			}
			if err := call.Wait(t.Context()); err != nil || len(failed) == 0 {
				t.Errorf("its caller got %v, %v", failed, err)
			}
		})
	}
}
