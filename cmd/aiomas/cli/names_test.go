package cli

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
)

// A program in Python and a caller, both of which know TCP only, on two machines that reach a NATS server only.
func TestBridgeNames(t *testing.T) {
	s, err := embedded.Start(t.Context(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	addr := pyenv.RequireOne(t).StartPeer(t, "--listen", "tcp://127.0.0.1:0").Addr
	near := start(t, "bridge", "--nats", s.URL(), "--listen", "nats://plant.b", "--to", addr, "--to-codec", "json")
	near.ready(t, near.stdout)
	if near.addr != "nats://plant.b" {
		t.Errorf("it listens at %s", near.addr)
	}
	far := start(t, "bridge", "--nats", s.URL(), "--to", "nats://plant.b", "--to-codec", "json")
	far.ready(t, far.stdout)
	aiomasCmd(t, "", "call", far.addr, "add", "1", "2", "--codec", "msgpack").want(t, 0, "3\n", "")
	aiomasCmd(t, "", "bridge", "--to", "nats://plant.b").want(t, exitUsage, "", "aiomas: nats://plant.b needs the flag --nats of bridge")
	aiomasCmd(t, "", "bridge", "--to", "a:1", "--listen", "nats://plant.b").want(t, exitUsage, "", "aiomas: nats://plant.b needs --nats URL")
}
