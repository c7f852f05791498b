package nats_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/fleet"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/nats"
)

// House is an agent that calls back whoever calls it.
type House struct{ agent.Agent }

// Ask calls the agent that is passed.
func (h *House) Ask(ctx context.Context, who *aiomas.Proxy) (string, error) {
	return aiomas.Call[string](ctx, who.Sub("name"))
}

// Name is the house's address.
func (h *House) Name() string { return h.Addr() }

func house(t testing.TB, c *agent.Container) *House {
	t.Helper()
	h := &House{}
	if _, err := c.Register(h, agent.Expose("Ask", "Name")); err != nil {
		t.Fatal(err)
	}
	return h
}

func container(t testing.TB, addr string, opts ...agent.Option) *agent.Container {
	t.Helper()
	c, err := agent.NewContainer(t.Context(), addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Agents call each other and back by names, with each codec and with TLS inside.
func TestAgents(t *testing.T) {
	a, b := two(t, nats.Options{})
	ca := testcert.NewCA(t)
	p := ca.Issue(t, "plant.a", "plant.b")
	for name, opt := range map[string]agent.Option{
		"JSON": nil, "MsgPack": agent.WithCodec(msgpack.Codec), "TLS": agent.WithTLSFiles(ca.File, p.Cert, p.Key),
	} {
		t.Run(name, func(t *testing.T) {
			caller := container(t, "nats://plant.a", agent.WithTransport("nats", a), opt)
			callee := container(t, "nats://plant.b", agent.WithTransport("nats", b), opt)
			mine, theirs := house(t, caller), house(t, callee)
			if theirs.Addr() != "nats://plant.b/0" {
				t.Errorf("an agent's address is %s", theirs.Addr())
			}
			proxy, err := caller.Connect(t.Context(), theirs.Addr())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := aiomas.Call[string](t.Context(), proxy.Sub("ask"), mine); err != nil || got != "nats://plant.a/0" {
				t.Errorf("called back: %q, %v", got, err)
			}
			if _, err := caller.Connect(t.Context(), "nats://plant.c/0"); !aiomas.IsUnavailable(err) {
				t.Errorf("a container that is not there: %v", err)
			}
			if err := errors.Join(callee.Shutdown(t.Context()), caller.Shutdown(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
}

// Plain servers and clients take the transport, too; large messages are whole.
func TestServer(t *testing.T) {
	a, b := two(t, nats.Options{})
	service := aiomas.NewRouter()
	service.Expose("echo", func(s string) string { return s })
	srv := aiomas.NewServer(service, aiomas.WithTransport("nats", a))
	ready := listen(t, a, "calculator")
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ready) }()
	client, err := aiomas.Dial(t.Context(), "nats://calculator", aiomas.WithTransport("nats", b))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 1 << 20, 10 << 20} {
		text := strings.Repeat("x", n)
		if got, err := aiomas.Call[string](t.Context(), client.Remote("echo"), text); err != nil || got != text {
			t.Errorf("%d bytes of %d, %v", len(got), n, err)
		}
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
		t.Error(err)
	}
	_ = client.Close()
}

// A fleet whose members call the driver by its name, and are called by theirs.
func TestFleet(t *testing.T) {
	a, b := two(t, nats.Options{})
	driver := container(t, "nats://driver", agent.WithTransport("nats", a))
	constructors := agent.NewConstructors()
	constructors.Add("town:House", func(c *agent.Container) (*House, error) {
		h := &House{}
		_, err := c.Register(h, agent.Expose("Ask", "Name"))
		return h, err
	})
	ended := make(chan error, 1)
	go func() {
		ended <- fleet.RunMember(t.Context(), "nats://driver/plant", "east", "nats://plant.east",
			agent.ManagerConfig{Constructors: constructors}, agent.WithTransport("nats", b))
	}()
	f, err := fleet.Open(t.Context(), driver, fleet.Join("plant", 1), fleet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	agents, err := f.SpawnN(t.Context(), 3, "town:House", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agents {
		p, err := a.Proxy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := aiomas.Call[string](t.Context(), p.Sub("name")); err != nil || got != a.Addr() || !strings.HasPrefix(got, "nats://plant.east/") {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := f.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
