package tests

import (
	"io"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// aiomas as it is, with a msgpack that is too new for it, hangs up at the first
// message without a word: the error says what is missing there.
func TestTooNewMsgpack(t *testing.T) {
	py := pyenv.RequireCompat(t, pyenv.RequireOne(t)) // which has the newest msgpack
	peer := py.StartPeer(t, "--codec", "msgpack", "--listen", "tcp://127.0.0.1:0")
	conn, err := aiomas.Dial(t.Context(), peer.Addr, aiomas.WithCodec(msgpack.Codec))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	checkError(t, "the Go client gets", conn.Remote("add").Call(t.Context(), nil, 1, 2),
		as[*aiomas.ConnectionError](), is(io.EOF),
		says("does it expect codec msgpack and no TLS? A Python with msgpack 1.0 or newer needs aiomas_compat for this codec."))
}
