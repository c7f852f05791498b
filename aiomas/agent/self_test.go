package agent_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// neighbourhood is a way to make a container whose agents call each other.
type neighbourhood struct {
	addr, addr2 string
	opts        []agent.Option
}

// neighbourhoods are containers that call themselves in memory.
func neighbourhoods(t *testing.T) map[string]neighbourhood {
	t.Helper()
	ca := testcert.NewCA(t)
	files := ca.Issue(t, "127.0.0.1")
	return map[string]neighbourhood{
		"tcp":      {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0", nil},
		"tcp, all": {"tcp://:0", "tcp://:0", []agent.Option{agent.WithHost("127.0.0.1")}},
		"tls":      {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0", []agent.Option{agent.WithTLSFiles(ca.File, files.Cert, files.Key)}},
		"unix":     {"unix://" + socketPath(t, "a"), "unix://" + socketPath(t, "b"), nil},
		"no turns": {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0", []agent.Option{agent.WithTurns(agent.NoTurns)}},
	}
}

// sockets makes a container call itself by sockets.
func sockets() agent.Option {
	return agent.WithOutgoing(aiomas.WithDialer(new(net.Dialer).DialContext))
}

// witness notes what it sees of its callers.
type witness struct {
	agent.Agent
	list []int
	gate chan struct{}
	seen chan *aiomas.Channel
}

func newWitness(t *testing.T, c *agent.Container) *witness {
	t.Helper()
	w := &witness{gate: make(chan struct{}), seen: make(chan *aiomas.Channel, 10)}
	if _, err := c.Register(w, agent.Expose("Keep", "Who", "Wait", "Big")); err != nil {
		t.Fatal(err)
	}
	return w
}

// Keep keeps a list, and changes it.
func (w *witness) Keep(list []int) []int {
	w.list = append(list, 1)
	w.list[0] = 100
	return w.list
}

// Who shows the connection.
func (w *witness) Who(ctx context.Context) { w.seen <- aiomas.ClientFrom(ctx).Channel() }

// Big returns a text of n bytes.
func (w *witness) Big(n int) string { return strings.Repeat("x", n) }

// Wait waits for the gate.
func (w *witness) Wait(ctx context.Context) error {
	w.seen <- aiomas.ClientFrom(ctx).Channel()
	return aiomas.Await(ctx, func() error {
		select {
		case <-w.gate:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// peer is what a connection shows of both ends, without the port of the end that has dialled.
func peer(ch *aiomas.Channel) string {
	end := func(a net.Addr) string {
		if tcp, ok := a.(*net.TCPAddr); ok {
			return fmt.Sprint(tcp.Network(), tcp.IP)
		}
		return fmt.Sprintf("%T %s %q", a, a.Network(), a)
	}
	text := end(ch.LocalAddr()) + " from " + end(ch.RemoteAddr())
	if secure, ok := ch.NetConn().(*tls.Conn); ok {
		s := secure.ConnectionState()
		text += fmt.Sprintf(" %x %q %v", s.Version, s.ServerName, s.PeerCertificates[0].Subject)
	}
	return text
}

// Handlers see the same peer as by a socket, and the program the same two connections.
func TestWhoANeighbourIs(t *testing.T) {
	for network, n := range neighbourhoods(t) {
		t.Run(network, func(t *testing.T) {
			var seen []string
			for _, opts := range [][]agent.Option{n.opts, append(slices.Clone(n.opts), sockets())} {
				var metrics aiomas.Metrics
				opts = append(opts, agent.WithConnection(aiomas.WithMetrics(&metrics)))
				home := newContainer(t, n.addr, opts...)
				w := newWitness(t, home)
				if err := connect(t, home, w.Addr()).Sub("who").Call(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				ch := <-w.seen
				text := peer(ch)
				for _, c := range home.Clients() {
					if c.Channel() != ch {
						text += ", " + peer(c.Channel())
					}
				}
				for _, dialled := range []bool{true, false} {
					for _, info := range metrics.Connections() {
						if info.Dialled == dialled {
							text += fmt.Sprint(", ", dialled, info.Calls, info.CallsTotal, info.RequestsTotal, info.Codec)
						}
					}
				}
				seen = append(seen, text)
				_ = home.Close()
			}
			if seen[0] != seen[1] {
				t.Errorf("in memory: %s\nby sockets: %s", seen[0], seen[1])
			}
		})
	}
}

// Agents share no memory, and what one can send to another is what it could send elsewhere.
func TestNeighboursShareNoMemory(t *testing.T) {
	for network, n := range neighbourhoods(t) {
		t.Run(network, func(t *testing.T) {
			home := newContainer(t, n.addr, n.opts...)
			w := newWitness(t, home)
			p := connect(t, home, w.Addr())
			mine := make([]int, 1, 10)
			theirs, err := aiomas.Call[[]int](t.Context(), p.Sub("keep"), mine)
			if err != nil || fmt.Sprint(mine, theirs) != "[0] [100 1]" {
				t.Error(mine, theirs, err)
			}
			if theirs[1] = 7; w.list[1] != 1 {
				t.Error("the result is shared")
			}
			var bad *aiomas.EncodeError
			if err := p.Sub("keep").Call(t.Context(), nil, func() {}); !errors.As(err, &bad) {
				t.Errorf("a function was sent: %v", err)
			}
			var ex *aiomas.RemoteError
			if err := p.Sub("keep").Call(t.Context(), nil, 1, 2, 3); !errors.As(err, &ex) || ex.Type != "TypeError" {
				t.Errorf("too many arguments: %v", err)
			}
			if got, err := aiomas.Call[string](t.Context(), p.Sub("big"), 1<<20); len(got) != 1<<20 || err != nil {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

// The limits of a connection hold.
func TestLimitsOfNeighbours(t *testing.T) {
	for network, n := range neighbourhoods(t) {
		t.Run(network, func(t *testing.T) {
			limits := aiomas.Limits{Requests: 1, FrameIn: 1 << 12, Connections: 1}
			home := newContainer(t, n.addr, append(slices.Clone(n.opts), agent.WithIncoming(aiomas.WithLimits(limits)))...)
			w := newWitness(t, home)
			p := connect(t, home, w.Addr())
			waiting := p.Sub("wait").Go(t.Context(), nil)
			<-w.seen
			var ex *aiomas.RemoteError
			if err := p.Sub("big").Call(t.Context(), nil, 1); !errors.As(err, &ex) {
				t.Errorf("more requests than allowed: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			given := p.Sub("who").Go(ctx, nil)
			cancel()
			if err := given.Wait(t.Context()); err == nil {
				t.Error("a call that was given up has a result")
			}
			w.gate <- struct{}{}
			waitFor(t, waiting)

			other := newContainer(t, n.addr2, n.opts...)
			if _, err := other.Connect(t.Context(), w.Addr()); err == nil {
				t.Error("more connections than allowed: that of the container to itself counts")
			}
			ended := p.Sub("keep").Call(t.Context(), nil, make([]int, 1<<13))
			if !errors.Is(ended, aiomas.ErrConnection) {
				t.Errorf("a frame that is too large: %v", ended)
			}
		})
	}
}

// refuses reports whether a container that is shutting down refuses requests on one of its
// connections.
func refuses(c *agent.Container) bool {
	for _, client := range c.Clients() {
		for _, info := range client.Metrics().Connections() {
			if info.Closing {
				return true
			}
		}
	}
	return false
}

// Shutdown waits for the calls of neighbours, and Close ends them. Nothing is left afterwards.
func TestTheEndOfNeighbours(t *testing.T) {
	for network, n := range neighbourhoods(t) {
		t.Run(network, func(t *testing.T) {
			lost := func(peer agent.Addr, err error) { t.Errorf("lost %v: %v", peer, err) }
			opts := append(slices.Clone(n.opts), agent.WithLost(lost))
			start := func() (*agent.Container, *witness, *aiomas.Pending) {
				home := newContainer(t, n.addr, opts...)
				w := newWitness(t, home)
				p := connect(t, home, w.Addr()).Sub("wait").Go(t.Context(), nil)
				<-w.seen
				return home, w, p
			}
			home, w, pending := start()
			down := make(chan error)
			go func() { down <- home.Shutdown(t.Context()) }()
			for !refuses(home) {
				runtime.Gosched()
			}
			w.gate <- struct{}{}
			waitFor(t, pending)
			if err := <-down; err != nil {
				t.Error(err)
			}
			<-home.Done()
			if _, err := home.Connect(t.Context(), w.Addr()); !errors.Is(err, aiomas.ErrClosed) {
				t.Errorf("after the end: %v", err)
			}

			home, _, pending = start()
			_ = home.Close()
			if err := pending.Wait(t.Context()); !errors.Is(err, aiomas.ErrClosed) {
				t.Errorf("a call when the container is closed: %v", err)
			}
			<-home.Done()
		})
	}
}

// A handler that runs during Shutdown cannot connect to its own container any more, as before
// to one that no longer listens.
func TestNoNewNeighboursDuringShutdown(t *testing.T) {
	for network, n := range neighbourhoods(t) {
		t.Run(network, func(t *testing.T) {
			home, other := newContainer(t, n.addr, n.opts...), newContainer(t, n.addr2, n.opts...)
			w := newWitness(t, home)
			pending := connect(t, other, w.Addr()).Sub("wait").Go(t.Context(), nil)
			<-w.seen
			down := make(chan error)
			go func() { down <- home.Shutdown(t.Context()) }()
			for !refuses(home) {
				runtime.Gosched()
			}
			if _, err := home.Connect(t.Context(), w.Addr()); !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, aiomas.ErrConnection) {
				t.Errorf("during the shutdown: %v", err)
			}
			w.gate <- struct{}{}
			waitFor(t, pending)
			if err := <-down; err != nil {
				t.Error(err)
			}
		})
	}
}

// A lost connection to itself is one as any other.
func TestALostNeighbour(t *testing.T) {
	for network, n := range neighbourhoods(t) {
		t.Run(network, func(t *testing.T) {
			lost := make(chan agent.Addr, 1)
			home := newContainer(t, n.addr, append(slices.Clone(n.opts), agent.WithLost(func(peer agent.Addr, _ error) { lost <- peer }))...)
			w := newWitness(t, home)
			p := connect(t, home, w.Addr())
			waiting := p.Sub("wait").Go(t.Context(), nil)
			_ = (<-w.seen).Close()
			if err := waiting.Wait(t.Context()); !errors.Is(err, aiomas.ErrConnection) {
				t.Errorf("a call when its connection ends: %v", err)
			}
			if got := (<-lost).String(); got != home.Addr() {
				t.Errorf("lost %q, want %q", got, home.Addr())
			}
			if err := connect(t, home, w.Addr()).Sub("who").Call(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// Whoever replaces dialling or listening gets the connection of a container to itself, too.
func TestNeighboursByTheDialerAndTheListenerOfTheUser(t *testing.T) {
	dialled := 0
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string][]agent.Option{
		"dialer": {agent.WithOutgoing(aiomas.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialled++
			return new(net.Dialer).DialContext(ctx, network, addr)
		}))},
		"listener": {agent.WithListener(ln)},
	} {
		t.Run(name, func(t *testing.T) {
			home := newContainer(t, "tcp://127.0.0.1:0", opts...)
			w := newWitness(t, home)
			if err := connect(t, home, w.Addr()).Sub("who").Call(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if ch := <-w.seen; fmt.Sprintf("%T", ch.NetConn()) != "*net.TCPConn" {
				t.Errorf("%T", ch.NetConn())
			}
		})
	}
	if dialled != 1 {
		t.Errorf("dialled %d times", dialled)
	}
}
