package agents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/codec"
	cjson "github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// trader is an agent with arguments.
type trader struct {
	agent.Agent
	name string
	cash float64
}

// Describe says what it has.
func (t *trader) Describe() string { return fmt.Sprintf("%s has %g", t.name, t.cash) }

// playManager is the main function of a Go process that others start: it is
// given the codec and the address to listen on.
func playManager(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cs := agent.NewConstructors()
	cs.Add("demo:Callee", func(c *agent.Container) (*Callee, error) {
		callee := &Callee{}
		_, err := c.Register(callee, agent.Expose("Spam"))
		return callee, err
	})
	cs.Add("demo:Trader", func(c *agent.Container, name string, cash float64) (*trader, error) {
		t := &trader{name: name, cash: cash}
		_, err := c.Register(t, agent.Expose("Describe"), agent.Class("Trader"))
		return t, err
	}, aiomas.Params("name", "cash"))
	cs.Add("demo:Stuck", func(c *agent.Container) (*stuck, error) {
		s := &stuck{}
		_, err := c.Register(s, agent.Expose("Block", "Stuck"))
		return s, err
	})
	start := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	err := agent.RunManager(ctx, args[1], agent.ManagerConfig{Constructors: cs},
		agent.WithCodec(codecs[args[0]]), agent.WithClock(clock.NewExternal(start, 0)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		return 1
	}
	return 0
}

// goManager is the command of that process, as far as the address.
func goManager(t testing.TB, c codec.Codec) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, c.Name()}
}

// A Go program starts a Python container, as Python programs do: with
// aiomas.subproc.start, an address chosen before, and Manager's functions.
func TestGoStartsPython(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		listen := fmt.Sprintf("tcp://127.0.0.1:%d", testnet.FreePort(t))
		cmd := c.command(t, "--compat", "--subproc", "--external", "2016-01-01", "--listen", listen)
		p, err := home.Start(t.Context(), cmd, listen+"/0")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.Manager().String(), "ManagerProxy('"+listen+"/0')"; got != want {
			t.Errorf("the manager is %s, want %s", got, want)
		}
		for i, name := range []string{"agents_guide:Callee", "agents_guide:construct_slowly"} {
			args := []any{}
			if i == 1 {
				args = []any{3}
			}
			callee, url, err := p.Spawn(t.Context(), name, args...)
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("%s/%d", listen, i+1); url != want {
				t.Errorf("%s is at %s, want %s", name, url, want)
			}
			for _, proxy := range []*aiomas.Proxy{callee, connect(t, home, url)} {
				if got, err := aiomas.Call[string](t.Context(), proxy.Sub("spam"), 2); got != "spamspam" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			}
		}
		nested, _, err := p.Spawn(t.Context(), "agents_guide:Nested.create", 1, aiomas.Kwargs{"k": "v"})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := aiomas.Call[any](t.Context(), nested.Sub("spam"), 5); sprint(got) != "[[1] map[k:v] 5]" || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
		_, _, err = p.Spawn(t.Context(), "agents_guide:Nobody")
		if got := raised(t, err); got != "AttributeError: module 'agents_guide' has no attribute 'Nobody'" {
			t.Errorf("got %s", got)
		}
		if err := p.SetTime(t.Context(), 1); err != nil {
			t.Error(err)
		}
		if got := raised(t, p.SetTime(t.Context(), 1)); !strings.HasPrefix(got, "ValueError: Time must be > 1") {
			t.Errorf("got %s", got)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

// printsReady is a program that prints its line without a thought of buffers.
const printsReady = `
import asyncio, sys, aiomas
async def main():
    container = await aiomas.Container.create(('127.0.0.1', int(sys.argv[1])), as_coro=True)
    manager = aiomas.subproc.Manager(container)
    print('ready', manager.addr)
    await manager.stop_received
asyncio.run(main())
`

// The line of a Python program is read although it goes into a pipe, and a shell
// around it changes nothing: all of it ends with Kill.
func TestPythonPrintsItsAddress(t *testing.T) {
	for _, py := range pythons(t) {
		home, err := agent.NewContainer(t.Context(), "tcp://127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer home.Close()
		cmd := cell{py, cjson.Codec}.command(t)
		cmd.Path, cmd.Args = "/bin/sh", []string{"/bin/sh", "-c", `"$0" -c "$@"; true`, cmd.Args[0], printsReady, fmt.Sprint(testnet.FreePort(t))}
		held, theirs, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		cmd.ExtraFiles, cmd.Stderr = []*os.File{theirs}, os.Stderr
		p, err := home.Start(t.Context(), cmd, "")
		_ = theirs.Close()
		if err != nil {
			t.Errorf("%v: %v", py, err)
			continue
		}
		p.Kill()
		if err := held.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, held); err != nil {
			t.Errorf("%v: the program lives on: %v", py, err)
		}
	}
}

// A Python program that does not come up is told apart from one that is slow.
func TestGoStartsPythonInVain(t *testing.T) {
	c := cell{pythons(t)[0], cjson.Codec}
	home := c.newContainer(t)
	_, err := home.Start(t.Context(), c.command(t, "--listen", "tcp://127.0.0.1:1", "--no-such-option"), "tcp://127.0.0.1:1/0")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("got %v", err)
	}
}

// A Python program starts a Go container in the same way.
func TestPythonStartsGo(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		cmd := c.python.Command(t, "agents_parent.py", append([]string{"--codec", c.codec.Name(), "--"}, goManager(t, c.codec)...)...)
		cmd.Env = append(os.Environ(), roleVariable+"=manager")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var report struct {
			Manager, Spam         string
			Trader, Unknown, Late []string
			Spawned               [][2]any
			Described             []string
			Exit                  int
		}
		if err := json.Unmarshal(out, &report); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		url, ok := strings.CutPrefix(report.Manager, "ManagerProxy('")
		base, ok2 := strings.CutSuffix(url, "0')")
		if !ok || !ok2 {
			t.Errorf("the manager is %s", report.Manager)
		}
		if report.Spam != "spamspamspam" || report.Exit != 0 {
			t.Errorf("spam %q, exit %d", report.Spam, report.Exit)
		}
		if diff := cmp.Diff([]string{"Ann has 2.5", "Ann has 2.5", "TraderProxy('" + base + "2')"}, report.Trader); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"AttributeError", "module 'demo' has no attribute 'Tailor'"}, report.Unknown); diff != "" {
			t.Error(diff)
		}
		spawned := [][2]any{ // in order; an id of its own and one that fails take no number
			{base + "3", nil}, {base + "treasurer", nil}, {base + "4", nil},
			{nil, []any{"AttributeError", "module 'demo' has no attribute 'Tailor'"}}, {base + "5", nil},
		}
		if diff := cmp.Diff(spawned, report.Spawned); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"trader 0 has 0", "trader 1 has 0.5", "trader 2 has 1", "trader 4 has 2"}, report.Described); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"ValueError", "Time must be > 1 but is 1"}, report.Late); diff != "" {
			t.Error(diff)
		}
	})
}
