package agents

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/fleet"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// A fleet of Python's aiomas.subproc.start and of Go: spawns in order, time, Settle, and
// a Python member that is killed and comes back with its agents at their addresses.
func TestMixedFleet(t *testing.T) {
	for i, py := range pythons(t) {
		c := cell{py, []codec.Codec{json.Codec, msgpack.Codec}[i]}
		t.Run(py.String()+"/"+c.codec.Name(), func(t *testing.T) { testMixedFleet(t, c) })
	}
}

func testMixedFleet(t *testing.T, c cell) {
	t.Helper()
	var listen []string
	for range 3 {
		listen = append(listen, fmt.Sprintf("tcp://127.0.0.1:%d", testnet.FreePort(t)))
	}
	self := goManager(t, c.codec)
	source := fleet.Processes(3, func(i int, _ string) (*exec.Cmd, string) {
		if i == 2 {
			cmd := exec.Command(self[0], append(self[1:], listen[i])...)
			cmd.Env, cmd.Stderr = append(os.Environ(), roleVariable+"=manager"), os.Stderr
			return cmd, listen[i] + "/0"
		}
		return c.command(t, "--compat", "--subproc", "--external", "2016-01-01", "--listen", listen[i]), listen[i] + "/0"
	})
	back := make(chan error, 9)
	f, err := fleet.Open(t.Context(), c.newContainer(t), source, fleet.Options{
		OnLost: fleet.Restart,
		Back:   func(_ *fleet.Member, _ int, err error) { back <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	var specs []fleet.Spec
	for i := range 9 {
		name := "agents_guide:Callee"
		if i%3 == 2 {
			name = "demo:Callee" // the Go member's
		}
		specs = append(specs, fleet.Spec{Name: name})
	}
	agents, err := f.SpawnAll(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		for i, a := range agents {
			if want := fmt.Sprintf("%s/%d", listen[i%3], 1+i/3); a.Addr() != want {
				t.Errorf("agent %d is at %s, want %s", i, a.Addr(), want)
			}
			p, err := a.Proxy(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := aiomas.Call[string](t.Context(), p.Sub("spam"), 2); got != "spamspam" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		}
	}
	check()
	if err := errors.Join(f.SetTime(t.Context(), 1), f.Settle(t.Context())); err != nil {
		t.Error(err)
	}
	all := []fleet.Spec{{Name: "nobody:Nobody"}, {Name: "agents_guide:Callee"}, {Name: "nobody:Nobody"}}
	some, err := f.SpawnAll(t.Context(), all)
	if some[0] != nil || some[1] == nil || some[2] != nil || !errors.Is(err, aiomas.ExceptionType("ModuleNotFoundError")) ||
		!strings.Contains(err.Error(), "member 0 (") || strings.Contains(err.Error(), "member 1 (") {
		t.Errorf("constructors that are not there: %v, %v", some, err)
	}
	if _, err := f.SpawnAll(t.Context(), []fleet.Spec{{Name: "agents_guide:Callee", ID: "x"}}); !errors.Is(err, fleet.ErrNoIDs) {
		t.Errorf("an ID: %v", err)
	}
	if err := f.SetTime(t.Context(), 1); !errors.Is(err, aiomas.ValueError) || strings.Count(err.Error(), "set_time: ") != 3 {
		t.Errorf("the same time: %v", err)
	}
	p, err := os.FindProcess(f.Members()[1].Process().PID())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := <-back; err != nil {
		t.Fatal(err)
	}
	check()
	if err := errors.Join(f.SetTime(t.Context(), 2), f.Stop(t.Context())); err != nil {
		t.Error(err)
	}
}
