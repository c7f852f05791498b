package tests

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
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
		listen = "unix://" + filepath.Join(testnet.SocketDir(t), "s")
	}
	return []string{"--listen", listen, "--codec", c.codec.Name()}
}

// startPython starts the Python peer, startGo the Go one behind a recorder. They
// stop when the test ends.
func (c cell) startPython(t testing.TB) *pyenv.Peer { return c.python.StartPeer(t, c.args(t)...) }

func (c cell) startGo(t testing.TB) *pyenv.Peer {
	t.Helper()
	peer := pyenv.Start(t, suite.GoPeer(t, c.args(t)...))
	peer.Addr = recorder.Start(t, c.codec, peer.Addr, recorder.Listener)
	return peer
}

// dial connects to a peer, through a recorder, with a service that can be called back.
func (c cell) dial(t testing.TB, addr string, opts ...aiomas.DialOption) (*aiomas.Client, aiomas.Service) {
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
func (c cell) startServer(t testing.TB, service aiomas.Service, opts ...aiomas.ServerOption) string {
	t.Helper()
	_, addr := suite.Serve(t, c.args(t)[1], service, append(opts, aiomas.WithCodec(c.codec))...)
	return recorder.Start(t, c.codec, addr, recorder.Listener)
}
