package tests

import (
	"errors"
	"io"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
)

// docs/errors.md has what this module says, as it was provoked.
func onPage(t *testing.T, list ...doccode.Message) {
	t.Helper()
	doccode.Messages(t, "../../docs/errors.md", "go -C interop/tests test -run "+t.Name()+" -update", list)
}

// aiomas as it is, with a msgpack that is too new for it, hangs up at the first
// message without a word: the error says what is missing there.
func TestErrorsOfTooNewMsgpack(t *testing.T) {
	py := pyenv.RequireCompat(t, pyenv.RequireOne(t)) // which has the newest msgpack
	peer := py.StartPeer(t, "--codec", "msgpack", "--listen", "tcp://127.0.0.1:0")
	conn, err := aiomas.Dial(t.Context(), peer.Addr, aiomas.WithCodec(msgpack.Codec))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Remote("add").Call(t.Context(), nil, 1, 2)
	checkError(t, "the Go client gets", err, as[*aiomas.ConnectionError](), is(io.EOF))
	onPage(t, doccode.Message{
		Got:   err,
		Text:  "aiomas: connection to tcp://… ended: EOF (it has never sent anything: does it expect codec msgpack and no TLS? A Python with msgpack 1.0 or newer needs aiomas_compat for this codec.)",
		Cause: "The codec is the right one, but aiomas 2.0.1 cannot read with msgpack 1.0 or newer, and hangs up without a word.",
		Cure:  "[aiomas_compat](../interop/python/aiomas_compat/README.md) in Python, or `pip install 'msgpack<1'`.",
	})
}

func TestErrorsOfContainerEngines(t *testing.T) {
	silent := errors.New("dial unix /var/run/docker.sock: connect: no such file or directory")
	onPage(t, doccode.Message{
		Got:   engine.Missing(silent, true),
		Text:  "no Docker daemon answers: … (as root, sh .ci/docker.sh starts one)",
		Cause: "There is no Docker daemon, or none that runs. The tests of containers are left out; under CI they fail.",
		Cure:  "Start it; as root, `sh .ci/docker.sh` does.",
	}, doccode.Message{
		Got:   engine.Missing(silent, false),
		Text:  "no Docker daemon answers: … (a user has to be in the group docker; as root, sh .ci/docker.sh starts one)",
		Cause: "The same, or the daemon answers to root and the group `docker` only.",
		Cure:  "`sudo usermod -aG docker $USER`, and a new login.",
	})
}
