package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	"github.com/aiomas-go/aiomas-go/nats/gateway"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func transport(t *testing.T, url string) *nats.Transport {
	t.Helper()
	n, err := nats.Connect(t.Context(), url, nats.Options{Claim: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

func open(t *testing.T, n *nats.Transport, routes ...gateway.Route) *gateway.Gateway {
	t.Helper()
	g, err := gateway.Open(t.Context(), gateway.Options{
		Transports: map[string]aiomas.Transport{"nats": n}, Logger: slog.New(slog.DiscardHandler),
	}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// setUp starts a server and a transport for each of two machines.
func setUp(t *testing.T) (a, b *nats.Transport) {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return transport(t, s.URL()), transport(t, s.URL())
}

// Agent calls back whoever calls it.
type Agent struct{ agent.Agent }

// Ask calls the agent that is passed.
func (a *Agent) Ask(ctx context.Context, who *aiomas.Proxy) (string, error) {
	return aiomas.Call[string](ctx, who.Sub("name"))
}

// Name is its own.
func (a *Agent) Name() string { return "agent" }

func newAgent(t *testing.T, addr string, opts ...agent.Option) *Agent {
	t.Helper()
	c, err := agent.NewContainer(t.Context(), addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	a := &Agent{}
	if _, err := c.Register(a, agent.Expose("Ask", "Name")); err != nil {
		t.Fatal(err)
	}
	return a
}

// Programs that know TCP only reach names by local ports, and are reached by names.
func TestBothWays(t *testing.T) {
	n, far := setUp(t)
	named := newAgent(t, "nats://plant.b", agent.WithTransport("nats", far))
	socket := newAgent(t, "tcp://127.0.0.1:0") // as a program in Python has
	address := strings.TrimSuffix(socket.Addr(), "/0")
	g := open(t, n, gateway.Route{Listen: "tcp://127.0.0.1:0", To: "nats://plant.b"}, gateway.Route{Listen: "nats://python", To: address})
	if got := g.Addrs(); !strings.HasPrefix(got[0], "tcp://127.0.0.1:") || got[1] != "nats://python" {
		t.Errorf("it listens at %q", got)
	}
	for url, caller := range map[string]*Agent{g.Addrs()[0] + "/0": socket, "nats://python/0": named} {
		p, err := caller.Container().Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := aiomas.Call[string](t.Context(), p.Sub("ask"), caller); err != nil || got != "agent" {
			t.Errorf("%s: %q, %v", url, got, err)
		}
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// What breaks on one side does not look like an end on the other.
func TestBrokenConnections(t *testing.T) {
	n, far := setUp(t)
	ln, err := far.Listen(t.Context(), "far")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	g := open(t, n, gateway.Route{Listen: "tcp://127.0.0.1:0", To: "nats://far"}, gateway.Route{Listen: "tcp://127.0.0.1:0", To: "nats://nobody"})
	pair := func() (near, far net.Conn) {
		near, err := aiomas.DialConn(t.Context(), g.Addrs()[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = near.Close() })
		far, err = ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = far.Close() })
		if _, err := near.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		return near, far
	}
	read := func(c net.Conn) error {
		_, err := c.Read(make([]byte, 1))
		return err
	}
	x, y := pair()
	if err := x.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = x.Close()
	if err := read(y); !errors.Is(err, nats.ErrReset) {
		t.Errorf("the socket was reset: %v", err)
	}
	x, y = pair()
	y.(interface{ Reset() }).Reset()
	if err := read(x); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the stream was reset: %v", err)
	}
	x, y = pair()
	if err := x.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := read(y); err != io.EOF { //nolint:errorlint // exactly
		t.Errorf("the socket has ended: %v", err)
	}
	if _, err := y.Write([]byte("y")); err != nil {
		t.Fatal(err)
	}
	if err := read(x); err != nil {
		t.Errorf("after its end: %v", err)
	}
	// The reset may come before connect has returned.
	c, err := aiomas.DialConn(t.Context(), g.Addrs()[1])
	if err == nil {
		err = read(c)
		_ = c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("nobody has the name: %v", err)
	}
}

func TestRoutesThatCannotBe(t *testing.T) {
	n, _ := setUp(t)
	for _, r := range []gateway.Route{{"what", "nats://x"}, {"nats://a b", "nats://x"}, {"other://x", "nats://x"}} {
		if g, err := gateway.Open(t.Context(), gateway.Options{Transports: map[string]aiomas.Transport{"nats": n}}, r); err == nil {
			t.Errorf("%v is accepted", r)
			_ = g.Close()
		}
	}
}
