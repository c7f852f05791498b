package agents

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

// pythons returns Pythons with all that agents need.
func pythons(t testing.TB) (some []pyenv.Python) {
	t.Helper()
	for _, p := range pyenv.RequireEnds(t) {
		some = append(some, pyenv.RequireAgents(t, p))
	}
	return some
}

// codecs are those of all tests here, by name.
var codecs = map[string]codec.Codec{"json": json.Codec, "msgpack": msgpack.Codec}

// cell is one way for a Go container and a Python container to meet.
type cell struct {
	python pyenv.Python
	codec  codec.Codec
}

// eachCell runs test for the Pythons and both codecs.
func eachCell(t *testing.T, test func(t *testing.T, c cell)) {
	for _, py := range pythons(t) {
		for _, cd := range codecs {
			t.Run(py.String()+"/"+cd.Name(), func(t *testing.T) {
				t.Parallel()
				test(t, cell{py, cd})
			})
		}
	}
}

// command is agents.py for the cell.
func (c cell) command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := c.python.Command(t, "agents.py", append([]string{"--codec", c.codec.Name()}, args...)...)
	var sources []string
	for _, name := range []string{"aiomas_compat", "aiomas_fast"} {
		dir, err := pyenv.Script(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, filepath.Join(dir, "src"))
	}
	path := strings.Join(sources, string(filepath.ListSeparator))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+path, "PYTHONWARNINGS=ignore")
	return cmd
}

// driver is a Python container whose agent 0 calls others for us.
type driver struct {
	*aiomas.Proxy
	t   testing.TB
	url string
}

// startDriver starts a Python container and connects from home to its driver.
func (c cell) startDriver(t testing.TB, home *agent.Container, args ...string) driver {
	t.Helper()
	if !strings.Contains(strings.Join(args, " "), "--listen") {
		args = append(args, "--listen", "tcp://127.0.0.1:0")
	}
	peer := pyenv.Start(t, c.command(t, args...))
	return driver{connect(t, home, peer.Addr), t, peer.Addr}
}

// do calls a function of the driver.
func (d driver) do(result any, path string, args ...any) {
	d.t.Helper()
	if err := d.Sub(path).Call(d.t.Context(), result, args...); err != nil {
		d.t.Fatalf("%s%v: %v", path, args, err)
	}
}

// spawn starts an agent in the Python container.
func (d driver) spawn(class string, args ...any) (proxy *aiomas.Proxy, url string) {
	d.t.Helper()
	d.do(&codec.Tuple{&proxy, &url}, "spawn", append([]any{class}, args...)...)
	return proxy, url
}

// newContainer starts a Go container for the cell.
func (c cell) newContainer(t testing.TB, opts ...agent.Option) *agent.Container {
	t.Helper()
	return c.newContainerAt(t, "tcp://127.0.0.1:0", opts...)
}

// newContainerAt is newContainer at an address. A recorder is before it, and another
// one reads along on the connections that it makes.
func (c cell) newContainerAt(t testing.TB, addr string, opts ...agent.Option) *agent.Container {
	t.Helper()
	addr, private := c.recordAt(t, addr)
	dialer := aiomas.WithDialer(recorder.Dialer(t, c.codec, recorder.MayBeSealed()))
	opts = append([]agent.Option{agent.WithCodec(c.codec), agent.WithListener(private), agent.WithOutgoing(dialer)}, opts...)
	container, err := agent.NewContainer(t.Context(), addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := container.Shutdown(ctx); err != nil {
			t.Errorf("shutdown of %v: %v", container, err)
		}
	})
	return container
}

// recordAt puts a recorder at an address where a container is to be, and returns
// the address, with the port that it has, and where the container listens instead.
func (c cell) recordAt(t testing.TB, addr string) (at string, private net.Listener) {
	t.Helper()
	listen := func(addr string) net.Listener {
		ln, err := aiomas.Listen(t.Context(), addr)
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	public := listen(addr)
	if tcp, ok := public.Addr().(*net.TCPAddr); ok {
		private = listen("tcp://127.0.0.1:0")
		addr = fmt.Sprintf("%s:%d", addr[:strings.LastIndexByte(addr, ':')], tcp.Port)
	} else {
		private = listen("unix://" + testnet.SocketDir(t) + "/s")
	}
	recorder.On(t, public, c.codec, aiomas.FormatAddress(private.Addr()), recorder.Listener, recorder.MayBeSealed())
	return addr, private
}

func connect(t testing.TB, c *agent.Container, url string, opts ...agent.ConnectOption) *aiomas.Proxy {
	t.Helper()
	p, err := c.Connect(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func register(t testing.TB, c *agent.Container, self any, opts ...agent.RegisterOption) *agent.Agent {
	t.Helper()
	a, err := c.Register(self, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// raised returns type and message of a remote exception.
func raised(t testing.TB, err error) string {
	t.Helper()
	var remote *aiomas.RemoteError
	if !errors.As(err, &remote) {
		t.Fatalf("no exception, but %v", err)
	}
	return remote.Type + ": " + remote.Message
}

func sprint(v any) string { return fmt.Sprint(v) }
