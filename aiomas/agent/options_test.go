package agent_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// queue is a listener without a port.
type queue struct{ net.Listener }

func (queue) Addr() net.Addr { return &net.UnixAddr{Name: "queue", Net: "queue"} }

// What cannot work is told by NewContainer, whatever the container listens on, and
// a listener that it was given is closed.
func TestNewContainerRefuses(t *testing.T) {
	wrong := map[string]agent.Option{
		"limits":           agent.WithConnection(aiomas.WithLimits(aiomas.Limits{Depth: -1})),
		"no codec":         agent.WithCodec(nil),
		"a type twice":     agent.WithSerializers(agent.Dates),
		"no serializer":    agent.WithSerializers(codec.Serializer{}),
		"concurrency":      agent.WithConnection(aiomas.WithConcurrency(-1)),
		"a reply deadline": agent.WithConnection(aiomas.WithReplyDeadline(-1)),
		"incoming":         agent.WithIncoming(aiomas.WithTLS(nil)),
		"outgoing":         agent.WithOutgoing(aiomas.WithService(nil)),
		"half of TLS":      agent.WithTLS(&tls.Config{}, nil),
		"no certificate":   agent.WithTLS(&tls.Config{}, &tls.Config{}),
		"files":            agent.WithTLSFiles("no", "such", "files"),
		"no clock":         agent.WithClock(nil),
		"no logger":        agent.WithLogger(nil),
		"no network":       agent.WithNetwork(nil),
		"no lost":          agent.WithLost(nil),
	}
	for what, option := range wrong {
		network := local.NewNetwork()
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		for on, c := range map[string]struct {
			addr string
			opts []agent.Option
		}{
			"tcp":      {"tcp://127.0.0.1:0", nil},
			"unix":     {"unix://" + testnet.SocketDir(t) + "/s", nil},
			"local":    {"local://q", []agent.Option{agent.WithNetwork(network)}},
			"listener": {"tcp://127.0.0.1:0", []agent.Option{agent.WithListener(ln)}},
		} {
			if container, err := agent.NewContainer(t.Context(), c.addr, append(c.opts, option)...); err == nil {
				t.Errorf("%s on %s: accepted", what, on)
				_ = container.Close()
			}
		}
		if conn, err := net.DialTimeout("tcp", ln.Addr().String(), time.Minute); err == nil {
			t.Errorf("%s: the listener is still open", what)
			_ = conn.Close()
		}
	}
	for what, c := range map[string]struct {
		addr   string
		option agent.Option
	}{
		"a host without tcp":      {"local://" + t.Name(), agent.WithHost("h")},
		"no listener":             {"tcp://127.0.0.1:0", agent.WithListener(nil)},
		"a listener without port": {"tcp://127.0.0.1:0", agent.WithListener(queue{listen(t)})},
	} {
		if container, err := agent.NewContainer(t.Context(), c.addr, c.option); err == nil {
			t.Errorf("%s: accepted as %v", what, container)
			_ = container.Close()
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}
