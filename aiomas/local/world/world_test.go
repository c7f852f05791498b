package world_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local/world"
)

// counter is an agent that notes who called it, in order.
type counter struct {
	agent.Agent
	calls []string
}

func (c *counter) Note(who string) { c.calls = append(c.calls, who) }

func newCounter(w *world.World, name string) *counter {
	c := &counter{}
	if _, err := w.Container(name).Register(c, agent.Expose("Note")); err != nil {
		w.Fatalf("%v", err)
	}
	return c
}

func connect(w *world.World, from, to string) *aiomas.Proxy {
	p, err := w.Container(from).Connect(w.Context(), "local://"+to+"/0")
	if err != nil {
		w.Fatalf("%v", err)
	}
	return p
}

// Two callers that both expect to be first: a bug that shows only if one message
// overtakes another.
func overtaking(w *world.World) {
	c := newCounter(w, "c")
	a, b := connect(w, "a", "c"), connect(w, "b", "c")
	first := a.Sub("note").Go(w.Context(), nil, "a")
	second := b.Sub("note").Go(w.Context(), nil, "b")
	if err := errors.Join(first.Wait(w.Context()), second.Wait(w.Context())); err != nil {
		w.Fatalf("%v", err)
	}
	if c.calls[0] != "a" {
		w.Errorf("%s was first", c.calls[0])
	}
}

func TestMain(m *testing.M) {
	if os.Getenv("WORLD_TEST_CHILD") == "" {
		os.Unsetenv("AIOMAS_WORLD")
	}
	os.Exit(m.Run())
}

// child runs a test of this program that must fail, and returns its output.
func child(t *testing.T, name string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(append(os.Environ(), "WORLD_TEST_CHILD=1"), env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("%v, want a test that fails:\n%s", err, out)
	}
	return string(out)
}

// TestChild… are run by child only.
func onlyAsChild(t *testing.T) {
	t.Helper()
	if os.Getenv("WORLD_TEST_CHILD") == "" {
		t.Skip("run as a process of its own by another test")
	}
}

func TestChildOvertaking(t *testing.T) { onlyAsChild(t); world.Run(t, overtaking) }

func TestAFailureIsReportedWithThePlainestSchedule(t *testing.T) {
	out := child(t, "TestChildOvertaking")
	for _, want := range []string{
		"world: seed ", " fails:\n", "b was first\n",
		`b → c [0, 1, ["agents/0/note", ["b"], {}]] overtakes a → c [0, 1, ["agents/0/note", ["a"], {}]]`,
		"again: AIOMAS_WORLD='", "-run '^TestChildOvertaking$'",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q:\n%s", want, out)
		}
	}
	if n := strings.Count(out, "choice "); n != 1 {
		t.Errorf("%d choices are reported, one suffices:\n%s", n, out)
	}
	_, rest, _ := strings.Cut(out, "AIOMAS_WORLD='")
	schedule, _, _ := strings.Cut(rest, "'")
	again := child(t, "TestChildOvertaking", "AIOMAS_WORLD="+schedule)
	if !strings.Contains(again, "world: the schedule fails:\n") || !strings.Contains(again, "b was first\n") {
		t.Errorf("the schedule %q does not fail again:\n%s", schedule, again)
	}
}

func TestChildHangs(t *testing.T) {
	onlyAsChild(t)
	world.Run(t, func(w *world.World) { <-w.Context().Done() }, world.Limit(time.Minute))
}

func TestChildPanics(t *testing.T) {
	onlyAsChild(t)
	world.Run(t, func(w *world.World) { panic("oh no") })
}

func TestChildLeaves(t *testing.T) {
	onlyAsChild(t)
	world.Run(t, func(w *world.World) { go func() { select {} }() })
}

func TestWhatElseIsAFailure(t *testing.T) {
	for name, want := range map[string]string{
		"TestChildHangs":  "not over after 1m0s",
		"TestChildPanics": "panic: oh no",
		"TestChildLeaves": "goroutines are left behind: ",
	} {
		if out := child(t, name); !strings.Contains(out, want) || !strings.Contains(out, "in a plain run") {
			t.Errorf("%s does not say %q:\n%s", name, want, out)
		}
	}
}

// store keeps its values until it is restarted.
type store struct {
	agent.Agent
	value int
}

func (s *store) Set(v int) { s.value = v }
func (s *store) Get() int  { return s.value }

func TestFaultsHappenAndAreSeen(t *testing.T) {
	var slow, lost, forgot int
	world.Run(t, func(w *world.World) {
		n := w.Node("n", func(c *agent.Container) error {
			_, err := c.Register(&store{}, agent.Expose("Set", "Get"))
			return err
		})
		a := w.Container("a")
		call := func(result any, name string, args ...any) error {
			p, err := a.Connect(w.Context(), "local://n/0", agent.WithRetry(time.Minute))
			if err != nil {
				return err
			}
			return p.Sub(name).Call(w.Context(), result, args...)
		}
		start := time.Now()
		got := 0
		for i := range 3 {
			if err := errors.Join(call(nil, "set", i), call(&got, "get")); err != nil {
				if !errors.Is(err, aiomas.ErrConnection) {
					w.Errorf("%v", err)
				}
				lost++
			}
			if err := call(&got, "get"); err == nil && got != i {
				forgot++
			}
		}
		if time.Since(start) > time.Millisecond {
			slow++
		}
		if n.Container() == nil {
			w.Errorf("no container")
		}
	}, world.Worlds(300, 1), world.WithFaults(world.Faults{Delays: 2, Cuts: 1, Restarts: 1}))
	if slow == 0 || lost == 0 || forgot == 0 {
		t.Errorf("%d worlds were slow, %d lost a call, %d forgot", slow, lost, forgot)
	}
}

func TestChoose(t *testing.T) {
	seen := map[int]bool{}
	world.Run(t, func(w *world.World) { seen[w.Choose(5, "a number")] = true })
	if len(seen) != 5 {
		t.Errorf("chose %v", seen)
	}
}
