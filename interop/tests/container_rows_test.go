package tests

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	jsoncodec "github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

func eachContainerCodec(t *testing.T, test func(t *testing.T, c cell)) {
	for _, cd := range []codec.Codec{jsoncodec.Codec, msgpack.Codec} {
		t.Run(cd.Name(), func(t *testing.T) {
			t.Parallel()
			engine.Need(t)
			test(t, cell{codec: cd, transport: "tcp"})
		})
	}
}

// Go calls every row of a Python peer in a container.
func TestContainerGoCalls(t *testing.T) {
	eachContainerCodec(t, func(t *testing.T, c cell) {
		conn, me := c.dial(t, startPeer(t, "", "--codec", c.codec.Name()))
		for _, r := range rows {
			if r.only == "" || r.only == c.codec.Name() {
				checkRow(t, "container", conn, r)
			}
		}
		checkServices(t, "container", conn, me)
	})
}

// A Python client in a container calls every row of a Go peer on this machine.
func TestContainerPythonCalls(t *testing.T) {
	eachContainerCodec(t, func(t *testing.T, c cell) {
		peer := pyenv.Start(t, suite.GoPeer(t, "--listen", "tcp://127.0.0.1:0", "--codec", c.codec.Name()))
		ln, addr := listenHost(t)
		recorder.On(t, ln, c.codec, peer.Addr, recorder.Listener)
		out, code := runClient(t, "", "--connect", addr, "--codec", c.codec.Name())
		checks := 0
		for line := range strings.Lines(out) {
			var check struct {
				Row string `json:"row"`
				OK  bool   `json:"ok"`
			}
			if err := json.Unmarshal([]byte(line), &check); err != nil {
				t.Errorf("not a line of the client: %q", line)
			} else if check.Row != "" {
				checks++
				if !check.OK {
					t.Error(line)
				}
			}
		}
		if code != 0 || checks < 500 {
			t.Errorf("exit code %d after %d checks", code, checks)
		}
	})
}
