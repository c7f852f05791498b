package agent_test

import (
	"context"
	"crypto/rand"
	"runtime"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// sharing are pairs of addresses of containers, with options.
func sharing(t *testing.T) map[string][3]any {
	t.Helper()
	ca := testcert.NewCA(t)
	files := ca.Issue(t, "127.0.0.1")
	return map[string][3]any{
		"tcp":   {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0", []agent.Option{}},
		"TLS":   {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0", []agent.Option{agent.WithTLSFiles(ca.File, files.Cert, files.Key)}},
		"unix":  {"unix://" + socketPath(t, "a"), "unix://" + socketPath(t, "b"), []agent.Option{}},
		"local": {"local://a", "local://b", []agent.Option{agent.WithNetwork(local.NewNetwork())}},
	}
}

// newSharing returns two containers with an agent each.
func newSharing(t *testing.T, c [3]any, opts ...agent.Option) (a, b *agent.Container) {
	t.Helper()
	opts = append(opts, c[2].([]agent.Option)...)
	a, b = newContainer(t, c[0].(string), opts...), newContainer(t, c[1].(string), opts...)
	newCallee(t, a)
	newCallee(t, b)
	return a, b
}

func spam(t *testing.T, from, to *agent.Container) {
	t.Helper()
	p, err := from.Connect(t.Context(), to.Addr()+"0")
	if err != nil {
		t.Error(err)
		return
	}
	if got, err := aiomas.Call[string](t.Context(), p.Sub("spam"), 1); got != "spam" || err != nil {
		t.Errorf("%v calls %v: %q, %v", from, to, got, err)
	}
}

// waitForClients waits until a container has just n connections, which is soon.
func waitForClients(t *testing.T, c *agent.Container, n int) {
	t.Helper()
	for len(c.Clients()) != n {
		if t.Context().Err() != nil || t.Failed() {
			t.Fatalf("%v has %d connections, want %d", c, len(c.Clients()), n)
		}
		runtime.Gosched()
	}
}

func TestSharedConnection(t *testing.T) {
	for name, c := range sharing(t) {
		t.Run(name, func(t *testing.T) {
			a, b := newSharing(t, c, agent.ShareConnections())
			spam(t, a, b)
			spam(t, b, a)
			waitForClients(t, a, 1)
			waitForClients(t, b, 1)
			spam(t, a, b)
			spam(t, b, a)
			other := b.Clients()[0]
			_ = a.Clients()[0].Close() // that of b
			<-other.Done()
			spam(t, b, a)
			spam(t, a, b)
			waitForClients(t, a, 1)
			waitForClients(t, b, 1)
		})
	}
}

// Both connect to each other at the same time: no call fails, and one connection stays.
func TestSharedConnectionOfBothAtOnce(t *testing.T) {
	for name, c := range sharing(t) {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				a, b := newSharing(t, c, agent.ShareConnections())
				var wg sync.WaitGroup
				for range 3 {
					wg.Go(func() { spam(t, a, b) })
					wg.Go(func() { spam(t, b, a) })
				}
				wg.Wait()
				waitForClients(t, a, 1)
				waitForClients(t, b, 1)
				shutdown(t, a)
				shutdown(t, b)
			}
		})
	}
}

// A container without the option, as one in Python, is called over a second connection.
func TestNoSharingWithOthers(t *testing.T) {
	a := newContainer(t, "tcp://127.0.0.1:0", agent.ShareConnections())
	b := newContainer(t, "tcp://127.0.0.1:0")
	newCallee(t, a)
	newCallee(t, b)
	for range 2 {
		spam(t, a, b)
		spam(t, b, a)
	}
	waitForClients(t, a, 2)
	waitForClients(t, b, 2)
}

// A container cannot get the calls for another one by claiming its address.
func TestSharingNeedsProof(t *testing.T) {
	victim := newContainer(t, "tcp://127.0.0.1:0", agent.ShareConnections())
	honest := newContainer(t, "tcp://127.0.0.1:0", agent.ShareConnections())
	newCallee(t, victim)
	newCallee(t, honest)
	spam(t, victim, honest) // the victim has a connection to the address that is claimed
	service := aiomas.NewRouter()
	service.Expose("prove_connection", func(string, string) bool { return true })
	thief, err := aiomas.Dial(t.Context(), victim.Addr()[:len(victim.Addr())-1], aiomas.WithService(service), aiomas.WithSerializers(agent.Dates))
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	for _, call := range []struct {
		path string
		args []any
	}{
		{"share_connection", []any{honest.Addr(), rand.Text(), false}},
		{"share_connection", []any{"tcp://127.0.0.1:1/", rand.Text(), true}},
		{"prove_connection", []any{rand.Text(), honest.Addr()}},
		{"prove_connection", []any{"", victim.Addr()}},
	} {
		if is, err := aiomas.Call[bool](t.Context(), thief.Remote(call.path), call.args...); is || err != nil {
			t.Errorf("%s%v: %v, %v", call.path, call.args, is, err)
		}
	}
	for path, args := range map[string][]any{"share_connection": {"nonsense", "", false}, "prove_connection": {"", "nonsense"}} {
		if err := thief.Remote(path).Call(t.Context(), nil, args...); err == nil {
			t.Errorf("%s: an address that cannot be parsed was accepted", path)
		}
	}
	spam(t, victim, honest)
	spam(t, honest, victim)
}

// A container cannot make another one's connection be taken for one to itself: calls for its
// agents would be calls of that container's.
func TestSharingNeedsTheDialledContainer(t *testing.T) {
	victim := newContainer(t, "tcp://127.0.0.1:0", agent.ShareConnections())
	honest := newContainer(t, "tcp://127.0.0.1:0", agent.ShareConnections())
	newCallee(t, honest)
	newCallee(t, victim)
	spam(t, honest, victim) // honest has dialled the victim, so it can prove a token
	root := aiomas.NewRouter()
	var asked bool
	root.Expose("share_connection", func(ctx context.Context, addr, token string, answered bool) (bool, error) {
		asked = true
		c, err := aiomas.Dial(ctx, honest.Addr()[:len(honest.Addr())-1], aiomas.WithSerializers(agent.Dates))
		if err != nil {
			return false, err
		}
		defer c.Close()
		_, err = aiomas.Call[bool](ctx, c.Remote("share_connection"), addr, token, answered)
		return true, err
	})
	root.Expose("validate_aids", func(aids []string) map[string]any {
		return map[string]any{"classes": make([]*string, len(aids)), "first": []int{}, "last": []int{}, "of": []string{}}
	})
	p, err := victim.Connect(t.Context(), serveRoot(t, root)+"0")
	if err == nil || !asked {
		t.Errorf("%v, asked %t: the agent of another container was found", p, asked)
	}
}

// A handler of a container that shuts down can still connect to a container whose
// connection was shared, and is already closed.
func TestSharedConnectionAtShutdown(t *testing.T) {
	a := newContainer(t, "tcp://127.0.0.1:0", agent.ShareConnections())
	b := newContainer(t, "tcp://127.0.0.1:0", agent.ShareConnections())
	caller := newContainer(t, "tcp://127.0.0.1:0")
	newCallee(t, a)
	newCallee(t, b)
	running, closing := make(chan struct{}), make(chan struct{})
	forward := aiomas.NewRouter()
	forward.Expose("forward", func(ctx context.Context) (string, error) {
		close(running)
		<-closing
		p, err := a.Connect(ctx, b.Addr()+"0")
		if err != nil {
			return "", err
		}
		return aiomas.Call[string](ctx, p.Sub("spam"), 2)
	})
	if _, err := a.Register(forward); err != nil {
		t.Fatal(err)
	}
	spam(t, b, a)
	spam(t, a, b) // over the connection of b
	waitForClients(t, b, 1)
	var got string
	call := connect(t, caller, a.Addr()+"1").Sub("forward").Go(t.Context(), &got)
	<-running
	ended := b.Clients()[0].Done()
	done := make(chan struct{})
	go func() {
		defer close(done)
		shutdown(t, a)
	}()
	<-ended
	close(closing)
	if err := call.Wait(t.Context()); err != nil || got != "spamspam" {
		t.Errorf("got %q, %v", got, err)
	}
	<-done
}
