package tests

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

// cell is one way for a Go end and a Python end to meet.
type cell struct {
	python    pyenv.Python
	codec     codec.Codec
	transport string // "tcp" or "unix"
}

func (c cell) String() string {
	return fmt.Sprintf("%v/%s/%s", c.python, c.codec.Name(), c.transport)
}

// eachCell runs test for every Python, codec and transport.
func eachCell(t *testing.T, test func(t *testing.T, c cell)) {
	for _, py := range pyenv.Require(t) {
		for _, cd := range []codec.Codec{json.Codec, msgpack.Codec} {
			for _, transport := range []string{"tcp", "unix"} {
				c := cell{py, cd, transport}
				t.Run(c.String(), func(t *testing.T) {
					t.Parallel()
					test(t, c)
				})
			}
		}
	}
}

// eachCodec runs test for both codecs, with the newest Python, over TCP.
func eachCodec(t *testing.T, test func(t *testing.T, c cell)) {
	py := pyenv.RequireOne(t)
	for _, cd := range []codec.Codec{json.Codec, msgpack.Codec} {
		t.Run(cd.Name(), func(t *testing.T) {
			t.Parallel()
			test(t, cell{py, cd, "tcp"})
		})
	}
}

// args are the arguments of a conformance peer for the cell.
func (c cell) args(t testing.TB) []string {
	listen := "tcp://127.0.0.1:0"
	if c.transport == "unix" {
		// Not t.TempDir: a socket's path may have 108 bytes.
		dir, err := os.MkdirTemp("", "aio")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		listen = "unix://" + filepath.Join(dir, "s")
	}
	return []string{"--listen", listen, "--codec", c.codec.Name()}
}

// startPython starts the Python peer, startGo the Go one behind a recorder. They
// stop when the test ends.
func (c cell) startPython(t testing.TB) *pyenv.Peer { return c.python.StartPeer(t, c.args(t)...) }

func (c cell) startGo(t testing.TB) *pyenv.Peer {
	t.Helper()
	bin, err := goPeer()
	if err != nil {
		t.Fatal(err)
	}
	peer := pyenv.Start(t, exec.Command(bin, c.args(t)...))
	peer.Addr = recorder.Start(t, c.codec, peer.Addr, recorder.Listener)
	return peer
}

// goPeer builds the Go peer once.
var goPeer = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "aiomas-go-peer")
	if err != nil {
		return "", err
	}
	atExit(func() { _ = os.RemoveAll(dir) })
	bin := filepath.Join(dir, "peer")
	build := exec.Command("go", "build", "-o", bin, "./interop/peer")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", build.Args, err, out)
	}
	return bin, nil
})

// dial connects to a peer, through a recorder, with a service that can be called back.
func (c cell) dial(t testing.TB, addr string, opts ...aiomas.Option) (*aiomas.Client, aiomas.Service) {
	t.Helper()
	me := callbacks()
	conn, err := aiomas.Dial(t.Context(), recorder.Start(t, c.codec, addr, recorder.Dialler), append(opts, aiomas.WithCodec(c.codec), aiomas.WithService(me))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, me
}

// callbacks is what a conformance client serves.
func callbacks() *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("notify", func(i int) int { return 2 * i })
	r.Expose("explode", func() error { return aiomas.ValueError.New("boom") })
	return r
}

// startServer serves a Go service in this process and returns the address of the
// recorder before it.
func (c cell) startServer(t testing.TB, service aiomas.Service, opts ...aiomas.Option) string {
	t.Helper()
	opts = append(opts, aiomas.WithCodec(c.codec))
	ln, err := aiomas.Listen(t.Context(), c.args(t)[1], opts...)
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(service, opts...)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	return recorder.Start(t, c.codec, aiomas.FormatAddress(ln.Addr()), recorder.Listener)
}
