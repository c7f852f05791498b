package agents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// What goes wrong when one connects to the other is told in the same words.
func TestConnectErrorsAreAlike(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		d := c.startDriver(t, home)
		register(t, home, &Callee{})
		free := testnet.FreePort(t)
		for _, url := range []string{
			"nonsense",
			"tcp://localhost:x/0",
			"tcp://localhost:5555/",
			"ipc://nonsense/0",
			home.Addr() + "7",
			strings.TrimSuffix(d.url, "0") + "7",
			fmt.Sprintf("tcp://127.0.0.1:%d/0", free),
		} {
			var python []string
			d.do(&python, "failure", url)
			_, err := home.Connect(t.Context(), url)
			var ex *aiomas.Exception
			switch {
			case errors.As(err, &ex):
				if diff := cmp.Diff(python, []string{string(ex.Type), ex.Message}); diff != "" {
					t.Errorf("%s: Python -, Go +: %s", url, diff)
				}
			case !aiomas.IsUnavailable(err) || len(python) != 2 || python[0] != "ConnectionRefusedError":
				t.Errorf("%s: Python says %q, Go %v", url, python, err)
			}
		}
	})
}

// Python connects and waits for a container that is not there yet.
func TestPythonWaitsForGo(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		d := c.startDriver(t, c.newContainer(t))
		port := testnet.FreePort(t)
		var got string
		call := d.Sub("call").Go(t.Context(), &got, fmt.Sprintf("tcp://127.0.0.1:%d/0", port), "spam", []any{2}, aiomas.Kwargs{"timeout": 20})
		d.do(nil, "connections") // Python has begun
		late := c.newContainerAt(t, fmt.Sprintf("tcp://127.0.0.1:%d", port))
		register(t, late, &Callee{}, agent.Expose("Spam"))
		if err := call.Wait(t.Context()); err != nil || got != "spamspam" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// All agents of a container share a connection to another container, in either
// direction. A container in Python does not share one of its own with Go.
func TestConnectionsAreShared(t *testing.T) {
	for name, opts := range map[string][]agent.Option{"default": nil, "ShareConnections": {agent.ShareConnections()}} {
		t.Run(name, func(t *testing.T) { testConnectionsAreShared(t, opts...) })
	}
}

func testConnectionsAreShared(t *testing.T, opts ...agent.Option) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t, opts...)
		d := c.startDriver(t, home)
		var own, python []string
		for range 10 {
			own = append(own, register(t, home, &Callee{}, agent.Expose("Spam")).Addr())
			_, url := d.spawn("agents_guide:Callee")
			python = append(python, url)
		}
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				p, err := home.Connect(t.Context(), python[i%10])
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := aiomas.Call[string](t.Context(), p.Sub("spam"), 1); got != "spam" || err != nil {
					t.Errorf("Go calls Python: %q, %v", got, err)
				}
			})
			wg.Go(func() {
				var got string
				if err := d.Sub("call").Call(t.Context(), &got, own[i%10], "spam", []any{1}); got != "spam" || err != nil {
					t.Errorf("Python calls Go: %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		// One that Go made and one that Python made.
		if n := len(home.Clients()); n != 2 {
			t.Errorf("%d connections", n)
		}
		var n int
		if d.do(&n, "connections"); n != 2 {
			t.Errorf("%d connections in Python", n)
		}
	})
}

// Agents of containers in Python and in Go are connected to at once: those in Python are asked about one by
// one, without waiting in between. What fails is told in Python's words.
func TestConnectAll(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		first, second := c.startDriver(t, home), c.startDriver(t, home)
		var urls []string
		for range 20 {
			_, one := first.spawn("agents_guide:Callee")
			_, two := second.spawn("agents_guide:Callee")
			urls = append(urls, one, two, register(t, home, &Callee{}, agent.Expose("Spam")).Addr(), one)
		}
		away := strings.TrimSuffix(first.url, "0") + "70"
		for _, opts := range [][]agent.ConnectOption{nil, {agent.Unchecked()}} {
			proxies, err := home.ConnectAll(t.Context(), urls, opts...)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range proxies {
				if opts == nil && p.String() != "CalleeProxy('"+urls[i]+"')" {
					t.Errorf("%v for %s", p, urls[i])
				}
				if got, err := aiomas.Call[string](t.Context(), p.Sub("spam"), 1); got != "spam" || err != nil {
					t.Errorf("%s: %q, %v", urls[i], got, err)
				}
			}
		}
		proxies, err := home.ConnectAll(t.Context(), []string{urls[0], away, urls[1]})
		var python []string
		first.do(&python, "failure", away)
		var ex *aiomas.Exception
		if !errors.As(err, &ex) || !errors.Is(err, agent.ErrNoAgent) || proxies[0] == nil || proxies[1] != nil || proxies[2] == nil {
			t.Fatalf("%v, %v", proxies, err)
		}
		if diff := cmp.Diff(python, []string{string(ex.Type), ex.Message}); diff != "" {
			t.Errorf("Python -, Go +: %s", diff)
		}
	})
}

// visitor calls back whoever it is given.
type visitor struct {
	agent.Agent
	kept *aiomas.Proxy
}

// Visit returns what the guest says of itself.
func (v *visitor) Visit(ctx context.Context, guest *aiomas.Proxy) ([]string, error) {
	return aiomas.Call[[]string](ctx, guest.Sub("texts"))
}

// Keep keeps a proxy.
func (v *visitor) Keep(p *aiomas.Proxy) { v.kept = p }

// Texts is what it says of itself.
func (v *visitor) Texts() []string { return []string{v.String(), v.Container().String(), v.Addr()} }

// Agents travel as arguments in both directions and are called back, on the
// same connection; nobody can pass on what he received.
func TestAgentsTravel(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		d, third := c.startDriver(t, home), c.startDriver(t, home)
		v := &visitor{}
		register(t, home, v, agent.Expose("Visit", "Keep", "Texts"))

		var texts, want []string
		d.do(&want, "texts")
		d.do(&texts, "give", v.Addr(), "visit")
		if diff := cmp.Diff(want, texts); diff != "" {
			t.Errorf("Python's agent in Go: %s", diff)
		}
		d.do(nil, "keep", v)
		d.do(&texts, "call_kept", "texts")
		if diff := cmp.Diff(v.Texts(), texts); diff != "" {
			t.Errorf("Go's agent in Python: %s", diff)
		}
		var got []string
		spawned, _ := d.spawn("agents_guide:Callee")
		if err := d.Sub("pass_on").Call(t.Context(), &got, third.url, "keep", v); err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0] != "SerializationError" {
			t.Errorf("Python passes on: %q", got)
		}
		d.do(nil, "give", v.Addr(), "keep")
		var refused *aiomas.EncodeError
		for name, args := range map[string]struct{ to, what *aiomas.Proxy }{
			"to another container":     {third.Proxy, v.kept},
			"back to its owner":        {d.Proxy, v.kept},
			"a result to another one":  {third.Proxy, spawned},
			"a result to where it was": {d.Proxy, spawned},
		} {
			err := args.to.Sub("keep").Call(t.Context(), nil, args.what)
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "send the address") {
				t.Errorf("Go passes on %s: %v", name, err)
			}
		}
	})
}

// A Python container that is killed is noticed; its successor at the same
// address is connected to as if nothing had been.
func TestPythonComesBack(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		lost := make(chan agent.Addr, 1)
		back := make(chan string, 1)
		home := c.newContainer(t,
			agent.WithLost(func(peer agent.Addr, err error) { lost <- peer }),
			agent.WithReconnect(aiomas.ReconnectPolicy{Connected: func(peer string) { back <- peer }}))
		listen := fmt.Sprintf("tcp://127.0.0.1:%d", testnet.FreePort(t))
		first := c.startDriver(t, home, "--listen", listen)
		first.do(nil, "stop")
		if peer := <-lost; peer.String() != listen+"/" {
			t.Errorf("lost %v", peer)
		}
		second := c.startDriver(t, home, "--listen", listen)
		second.do(nil, "texts")
		if peer := <-back; peer != listen+"/" {
			t.Errorf("back is %s", peer)
		}
		if n := len(home.Clients()); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}
