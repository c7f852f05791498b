package tests

import (
	"io"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testlog"
)

// Python and Go with different codecs. A Go server tells by the first bytes what
// the client speaks; a Python server tells nothing, it only hangs up, and the Go
// client says what to look at. Who uses the right codec goes on.
func TestCodecMismatch(t *testing.T) {
	py := pyenv.RequireCompat(t, pyenv.RequireOne(t)) // which has blosc
	codecs := []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec}
	for _, ours := range codecs {
		for _, theirs := range codecs {
			if ours == theirs {
				continue
			}
			t.Run("Go with "+ours.Name()+", Python with "+theirs.Name(), func(t *testing.T) {
				t.Parallel()
				logger, log := testlog.NewErrors()
				addr := startAdder(t, aiomas.WithCodec(ours), aiomas.WithLogger(logger))
				bystander, err := aiomas.Dial(t.Context(), addr, aiomas.WithCodec(ours))
				if err != nil {
					t.Fatal(err)
				}
				defer bystander.Close()
				if got := probeTLS(t, py, "--compat", "--codec", theirs.Name(), "--connect", addr); got.Error != "ConnectionResetError" {
					t.Errorf("Python gets %+v", got)
				}
				checkError(t, "the Go server logs", <-log, as[*aiomas.ProtocolError](),
					says("a frame that is not a "+ours.Name()+" message; it looks like codec "+theirs.Name()))
				if n, err := aiomas.Call[int](t.Context(), bystander.Remote("add"), 1, 2); n != 3 || err != nil {
					t.Errorf("a bystander gets %d, %v", n, err)
				}

				peer := py.StartPeer(t, "--compat", "--codec", theirs.Name(), "--listen", "tcp://127.0.0.1:0")
				conn, err := aiomas.Dial(t.Context(), peer.Addr, aiomas.WithCodec(ours))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				checkError(t, "the Go client gets", conn.Remote("add").Call(t.Context(), nil, 1, 2),
					as[*aiomas.ConnectionError](), is(io.EOF), says("it has never sent anything: does it expect codec "+ours.Name()+" and no TLS?"))
			})
		}
	}
}
