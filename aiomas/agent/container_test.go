package agent_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
	"github.com/google/go-cmp/cmp"
)

// tlsConfigs are what a user makes of the three files.
func tlsConfigs(t *testing.T, ca *testcert.CA, p testcert.Pair) (server, client *tls.Config) {
	t.Helper()
	pem, err := os.ReadFile(ca.File)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(p.Cert, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	own := []tls.Certificate{pair}
	return &tls.Config{Certificates: own, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert},
		&tls.Config{Certificates: own, RootCAs: pool}
}

// Agents call each other over every transport, whether they live together or
// not.
func TestAgentsCallEachOther(t *testing.T) {
	network := local.NewNetwork()
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	server, client := tlsConfigs(t, ca, pair)
	for _, c := range []struct {
		name, first, second string
		opts                []agent.Option
	}{
		{"tcp", "tcp://127.0.0.1:0", "tcp://localhost:0", nil},
		{"tcp/msgpack", "tcp://127.0.0.1:0", "tcp://127.0.0.1:0", []agent.Option{agent.WithCodec(msgpack.Codec)}},
		{"tls", "tcp://localhost:0", "tcp://127.0.0.1:0", []agent.Option{agent.WithTLSFiles(ca.File, pair.Cert, pair.Key)}},
		{"tls with configurations", "tcp://localhost:0", "tcp://127.0.0.1:0", []agent.Option{agent.WithTLS(server, client)}},
		{"unix", "unix://" + socketPath(t, "a"), "ipc://[" + socketPath(t, "b") + "]", nil},
		{"local", "local://first", "local://second", []agent.Option{agent.WithNetwork(network)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newContainer(t, c.first, c.opts...)
			b := newContainer(t, c.second, c.opts...)
			atHome, abroad := newCallee(t, a), newCallee(t, b)
			for _, callee := range []*Callee{atHome, abroad} {
				p := connect(t, a, callee.Addr())
				if got, err := aiomas.Call[string](t.Context(), p.Sub("spam"), 3); got != "spamspamspam" || err != nil {
					t.Errorf("%v: got %q, %v", callee, got, err)
				}
				if want := "CalleeProxy('" + callee.Addr() + "')"; p.String() != want {
					t.Errorf("proxy is %v, want %s", p, want)
				}
				if again := connect(t, a, callee.Addr()); !again.Equal(p) {
					t.Errorf("%v is another proxy", again)
				}
			}
			shutdown(t, a)
			shutdown(t, b)
		})
	}
}

func TestStrings(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	port := parseAddr(t, c).Port
	if port == 0 {
		t.Fatal("the container does not know its port")
	}
	callee := newCallee(t, c)
	plain, err := c.Register(&struct{ x int }{1}, agent.Class("Plain"))
	if err != nil {
		t.Fatal(err)
	}
	anonymous, err := c.Register(&struct{ x int }{1})
	if err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("tcp://127.0.0.1:%d/", port)
	for _, s := range []struct{ got, want string }{
		{c.String(), "Container('" + base + "')"},
		{c.Addr(), base},
		{callee.String(), "Callee('" + base + "0')"},
		{callee.Addr(), base + "0"},
		{callee.ID(), "0"},
		{plain.String(), "Plain('" + base + "1')"},
		{plain.ID(), "1"},
		{anonymous.String(), "Agent('" + base + "2')"},
	} {
		if s.got != s.want {
			t.Errorf("got %s, want %s", s.got, s.want)
		}
	}
	if callee.Container() != c || c.Agent("0") != &callee.Agent || c.Agent("7") != nil {
		t.Error("container and agent do not know each other")
	}
	if got := c.Agents(); !slices.Equal(got, []*agent.Agent{&callee.Agent, plain, anonymous}) {
		t.Errorf("agents are %v", got)
	}
}

func TestContainerAddresses(t *testing.T) {
	dir := testnet.SocketDir(t)
	for _, c := range []struct{ listen, want string }{
		{"tcp://127.0.0.1:0", "tcp://127.0.0.1:PORT/"},
		{"tcp://localhost:0", "tcp://localhost:PORT/"},
		{"unix://" + dir + "/a", "ipc://[" + dir + "/a]/"},
		{"ipc://[" + dir + "/b]", "ipc://[" + dir + "/b]/"},
		{"local://" + t.Name(), "local://" + t.Name() + "/"},
	} {
		container := newContainer(t, c.listen)
		want := strings.ReplaceAll(c.want, "PORT", fmt.Sprint(parseAddr(t, container).Port))
		if got := container.Addr(); got != want {
			t.Errorf("%s: got %s, want %s", c.listen, got, want)
		}
	}
	for _, addr := range []string{"tcp://:0", "tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://:::0"} {
		container := newContainer(t, addr)
		host := parseAddr(t, container).Host
		if host == "" || net.ParseIP(host) != nil && net.ParseIP(host).IsUnspecified() {
			t.Errorf("%s: agents would have the address %v", addr, container.Addr())
		}
		named := newContainer(t, addr, agent.WithHost("agents.example.org"))
		if got := parseAddr(t, named).Host; got != "agents.example.org" {
			t.Errorf("%s: host is %s", addr, got)
		}
	}
	for _, addr := range []string{
		"", "x", "127.0.0.1:5555", "tcp:127.0.0.1:0", "tcp://127.0.0.1", "tcp://127.0.0.1:x", "tcp://127.0.0.1:65536",
		"tcp://127.0.0.1:0/0", "unix://", "ipc://[]", "udp://127.0.0.1:0", "local:queue", "local://a/b", "tcp://no such host:0",
	} {
		if c, err := agent.NewContainer(t.Context(), addr); err == nil {
			t.Errorf("%q: %v", addr, c)
			_ = c.Close()
		}
	}
}

// An IPv6 address is printed without brackets, as Python does, and read in both
// forms.
func TestIPv6(t *testing.T) {
	c, err := agent.NewContainer(t.Context(), "tcp://[::1]:0")
	if err != nil {
		t.Skip("NOT TESTED: no IPv6 here:", err)
	}
	defer c.Close()
	callee := newCallee(t, c)
	port := parseAddr(t, c).Port
	if want := fmt.Sprintf("tcp://::1:%d/0", port); callee.Addr() != want {
		t.Errorf("got %s, want %s", callee.Addr(), want)
	}
	for _, url := range []string{callee.Addr(), fmt.Sprintf("tcp://[::1]:%d/0", port)} {
		if err := connect(t, c, url).Sub("spam").Call(t.Context(), nil, 1); err != nil {
			t.Error(err)
		}
	}
	again := newContainer(t, "tcp://::1:0")
	newCallee(t, again)
}

func TestWithListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newContainer(t, "tcp://localhost:0", agent.WithListener(ln))
	callee := newCallee(t, c)
	if want := fmt.Sprintf("tcp://localhost:%d/0", ln.Addr().(*net.TCPAddr).Port); callee.Addr() != want {
		t.Errorf("got %s, want %s", callee.Addr(), want)
	}
	connect(t, c, callee.Addr())
}

// A listener that was handed over is closed, also if there is no container.
func TestWithListenerFails(t *testing.T) {
	for name, call := range map[string]struct {
		addr string
		opt  agent.Option
	}{
		"address": {"nowhere", nil},
		"option":  {"tcp://localhost:0", agent.WithTLS(nil, nil)},
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if c, err := agent.NewContainer(t.Context(), call.addr, agent.WithListener(ln), call.opt); err == nil {
			t.Errorf("%s: got %v", name, c)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRegister(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	callee := newCallee(t, c)
	service := aiomas.NewRouter()
	service.Expose("f", func() string { return "f" })
	other := aiomas.NewRouter()
	if err := other.Add("sub", aiomas.NewRouter()); err != nil {
		t.Fatal(err)
	}
	sub := aiomas.NewRouter()
	sub.Expose("g", func() string { return "g" })
	object := &Callee{}
	a, err := c.Register(object,
		agent.ExposeMethod("Spam", aiomas.Params("times"), aiomas.Defaults(aiomas.Kwargs{"times": 2})),
		agent.Sub("sub", sub),
		agent.Setup(func(r *aiomas.Router) error {
			r.Expose("extra", func() string { return "extra" })
			return nil
		}),
		agent.Class("Special"))
	if err != nil {
		t.Fatal(err)
	}
	if a != &object.Agent || a.ID() != "1" || !strings.HasPrefix(object.String(), "Special(") {
		t.Errorf("registered as %v", object)
	}
	routed, err := c.Register(service)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []struct {
		addr, path string
		args       []any
		want       string
	}{
		{object.Addr(), "spam", nil, "spamspam"},
		{object.Addr(), "spam", []any{aiomas.Kwargs{"times": 1}}, "spam"},
		{object.Addr(), "sub/g", nil, "g"},
		{object.Addr(), "extra", nil, "extra"},
		{routed.Addr(), "f", nil, "f"},
	} {
		if got, err := aiomas.Call[string](t.Context(), connect(t, c, call.addr).Sub(call.path), call.args...); got != call.want || err != nil {
			t.Errorf("%s: got %q, %v", call.path, got, err)
		}
	}
	err = connect(t, c, callee.Addr()).Sub("hidden").Call(t.Context(), nil)
	if !errors.Is(err, aiomas.LookupError) || !strings.Contains(err.Error(), `"agent_test.Callee.hidden" is not exposed`) {
		t.Errorf("hidden: %v", err)
	}

	refused := errors.New("refused")
	for name, self := range map[string]any{
		"nil":              nil,
		"nil pointer":      (*Callee)(nil),
		"a second time":    callee,
		"a copy":           Callee{},
		"router with root": other.Router(),
		"used router":      service,
	} {
		var opts []agent.RegisterOption
		if name == "router with root" { // itself a root, but refused by its setup
			opts = append(opts, agent.Setup(func(*aiomas.Router) error { return refused }))
		}
		if a, err := c.Register(self, opts...); err == nil {
			t.Errorf("%s: registered as %v", name, a)
		}
	}
	if n := len(c.Agents()); n != 3 {
		t.Errorf("%d agents", n)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a method that is not there was exposed")
			}
		}()
		_, _ = c.Register(&Callee{}, agent.Expose("Spam", "Eggs"))
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Register(&Callee{}); !errors.Is(err, aiomas.ErrClosed) {
		t.Errorf("register after close: %v", err)
	}
}

// Own agents and services travel as arguments and results, and arrive as
// proxies to call back on; a proxy cannot be passed on, nor back to its owner.
func TestServicesTravel(t *testing.T) {
	a, b, third := newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0")
	host := aiomas.NewRouter()
	host.Expose("visit", func(ctx context.Context, guest *aiomas.Proxy) (string, error) {
		return aiomas.Call[string](ctx, guest.Sub("spam"), 2)
	})
	var kept *aiomas.Proxy
	host.Expose("keep", func(p *aiomas.Proxy) { kept = p })
	host.Expose("other", func() aiomas.Service { return host })
	hostAgent, err := b.Register(host)
	if err != nil {
		t.Fatal(err)
	}
	guest := newCallee(t, a)
	stranger := newCallee(t, third)

	p := connect(t, a, hostAgent.Addr())
	if got, err := aiomas.Call[string](t.Context(), p.Sub("visit"), guest); got != "spamspam" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	returned, err := aiomas.Call[*aiomas.Proxy](t.Context(), p.Sub("other"))
	if err != nil || !returned.Equal(p) {
		t.Errorf("got %v, %v", returned, err)
	}
	if err := p.Sub("keep").Call(t.Context(), nil, guest); err != nil {
		t.Fatal(err)
	}
	var refused *aiomas.EncodeError
	for name, target := range map[string]*aiomas.Proxy{
		"third container": connect(t, b, stranger.Addr()),
		"owner":           kept,
	} {
		err := target.Sub("spam").Call(t.Context(), nil, kept)
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "send the address") {
			t.Errorf("proxy passed to its %s: %v", name, err)
		}
	}
	if err := p.Sub("keep").Call(t.Context(), nil, stranger); !errors.As(err, &refused) {
		t.Errorf("agent of another container passed: %v", err)
	}
}

// One connection to each container, whoever connects; and dates are custom
// type 0 on it.
func TestConnectionsAreShared(t *testing.T) {
	a, b := newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0")
	var addrs []string
	for range 20 {
		addrs = append(addrs, newCallee(t, b).Addr())
	}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			p, err := a.Connect(t.Context(), addrs[i%len(addrs)])
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := aiomas.Call[string](t.Context(), p.Sub("spam"), 1); got != "spam" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if n, m := len(a.Clients()), len(b.Clients()); n != 1 || m != 1 {
		t.Errorf("%d connections at one end, %d at the other", n, m)
	}
}

func TestDatesTravel(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	r := aiomas.NewRouter()
	r.Expose("later", func(d time.Time, seconds float64) time.Time {
		return d.Add(time.Duration(seconds * float64(time.Second)))
	})
	a, err := c.Register(r)
	if err != nil {
		t.Fatal(err)
	}
	in := time.Date(2020, 1, 2, 3, 4, 5, 678900999, time.FixedZone("somewhere", 5400))
	var out any
	if err := connect(t, c, a.Addr()).Sub("later").Call(t.Context(), &out, in, 0.5); err != nil {
		t.Fatal(err)
	}
	got, ok := out.(time.Time)
	if !ok || clock.FormatDate(got) != "2020-01-02T03:04:06.178900+01:30" {
		t.Errorf("got %v (%T)", out, out)
	}
	var refused *aiomas.EncodeError
	if err := connect(t, c, a.Addr()).Sub("later").Call(t.Context(), nil, time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), 0); !errors.As(err, &refused) {
		t.Errorf("a year that Python does not have: %v", err)
	}
}

// Shutdown lets a handler finish that still needs others, new connections
// included.
func TestShutdownLetsHandlersFinish(t *testing.T) {
	a, b := newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0")
	far := newCallee(t, b)
	entered, leave := make(chan struct{}), make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("relay", func(ctx context.Context) (string, error) {
		close(entered)
		<-leave
		p, err := a.Connect(ctx, far.Addr())
		if err != nil {
			return "", err
		}
		return aiomas.Call[string](ctx, p.Sub("spam"), 1)
	})
	relay, err := a.Register(r, agent.TakeTurns(agent.NoTurns)) // a call that is not refused must not wait for the first one
	if err != nil {
		t.Fatal(err)
	}
	p := connect(t, b, relay.Addr())
	var got string
	call := p.Sub("relay").Go(t.Context(), &got)
	<-entered
	down := make(chan error)
	go func() { down <- a.Shutdown(t.Context()) }()
	for p.Sub("relay").Call(t.Context(), nil) == nil { // until it refuses
		t.Error("a second call was accepted")
	}
	close(leave)
	if err := call.Wait(t.Context()); err != nil || got != "spam" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
	<-a.Done()
	if _, err := a.Connect(t.Context(), far.Addr()); !errors.Is(err, aiomas.ErrClosed) {
		t.Errorf("connect after shutdown: %v", err)
	}
	if err := a.Shutdown(t.Context()); err != nil {
		t.Errorf("second shutdown: %v", err)
	}
	if _, err := b.Connect(t.Context(), relay.Addr()); !aiomas.IsUnavailable(err) {
		t.Errorf("connect to a container that is gone: %v", err)
	}
}

func TestShutdownDeadline(t *testing.T) {
	a, b := newContainer(t, "tcp://127.0.0.1:0"), newContainer(t, "tcp://127.0.0.1:0")
	entered := make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("hang", func(ctx context.Context) { close(entered); <-ctx.Done() })
	hanging, err := a.Register(r)
	if err != nil {
		t.Fatal(err)
	}
	call := connect(t, b, hanging.Addr()).Sub("hang").Go(t.Context(), nil)
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := a.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if err := call.Wait(t.Context()); err == nil {
		t.Error("the call was answered")
	}
}

// validate_aid is what Python calls.
func TestValidateAID(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	newCallee(t, c)
	conn, err := aiomas.Dial(t.Context(), strings.TrimSuffix(c.Addr(), "/"), aiomas.WithSerializers(agent.Dates))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, call := range []struct{ aid, want any }{{"0", "Callee"}, {"1", nil}, {"", nil}, {0, nil}, {nil, nil}} {
		var got any
		if err := conn.Remote("validate_aid").Call(t.Context(), &got, call.aid); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(call.want, got); diff != "" {
			t.Errorf("%v: %s", call.aid, diff)
		}
	}
	if err := conn.Remote("validate_aid").Call(t.Context(), nil, []int{1}); !errors.Is(err, aiomas.TypeError) {
		t.Errorf("a list: %v", err)
	}
	for path, want := range map[string]string{
		"agents/7/spam": `Name "7" not found in "agents"`,
		"shutdown":      `Name "shutdown" not found in ""`,
	} {
		if err := conn.Remote(path).Call(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
