package agents

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// HelloWorld is that of the agent guide; what it prints there is what Run returns.
type HelloWorld struct {
	agent.Agent
	name string
}

// Run sleeps and greets.
func (h *HelloWorld) Run(ctx context.Context) ([]string, error) {
	printed := []string{h.name + " says:"}
	for range 3 {
		if err := h.Container().Clock().Sleep(ctx, 0.1); err != nil {
			return nil, err
		}
		printed = append(printed, "Hello, World!")
	}
	return printed, nil
}

// Callee is that of the agent guide.
type Callee struct{ agent.Agent }

// Spam returns a lot of spam.
func (c *Callee) Spam(times int) string { return strings.Repeat("spam", times) }

// Caller is that of the agent guide; what it prints there is what Run returns.
type Caller struct{ agent.Agent }

// Run calls the callee.
func (c *Caller) Run(ctx context.Context, calleeAddr string) ([]string, error) {
	printed := []string{fmt.Sprintf("%v connecting to %s", c, calleeAddr)}
	callee, err := c.Container().Connect(ctx, calleeAddr)
	if err != nil {
		return nil, err
	}
	printed = append(printed, fmt.Sprintf("%v connected to %v", c, callee))
	result, err := aiomas.Call[string](ctx, callee.Sub("spam"), 3)
	return append(printed, fmt.Sprintf("%v got %s", c, result)), err
}

// ExampleAgent is that of the testing guide.
type ExampleAgent struct{ agent.Agent }

// Run asks another one.
func (a *ExampleAgent) Run(ctx context.Context, target string, num int) (int, error) {
	remote, err := a.Container().Connect(ctx, target)
	if err != nil {
		return 0, err
	}
	return aiomas.Call[int](ctx, remote.Sub("service"), num)
}

// Service answers after a while.
func (a *ExampleAgent) Service(ctx context.Context, val int) (int, error) {
	return val, a.Container().Clock().Sleep(ctx, 0.001)
}

// Sleeper is that of the clock guide.
type Sleeper struct{ agent.Agent }

// Run sleeps, and returns when it woke.
func (s *Sleeper) Run(ctx context.Context, seconds float64) (float64, error) {
	err := s.Container().Clock().Sleep(ctx, seconds)
	return s.Container().Clock().Time(), err
}

// The first example of the agent guide, alone and started by the other side. Real
// aiomas cannot sleep by itself on Python 3.10 and newer.
func TestGuideHelloWorld(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		d := c.startDriver(t, home, "--compat")
		monty := &HelloWorld{name: "Monty"}
		register(t, home, monty, agent.Expose("Run"))
		python, _ := d.spawn("agents_guide:HelloWorld", "Monty")
		for name, run := range map[string]func() ([]string, error){
			"Go alone":         func() ([]string, error) { return monty.Run(t.Context()) },
			"Go starts Python": func() ([]string, error) { return aiomas.Call[[]string](t.Context(), python.Sub("run")) },
			"Python starts Go": func() (printed []string, err error) {
				d.do(&printed, "call", monty.Addr(), "run")
				return printed, nil
			},
		} {
			start := time.Now()
			printed, err := run()
			if diff := cmp.Diff([]string{"Monty says:", "Hello, World!", "Hello, World!", "Hello, World!"}, printed); diff != "" || err != nil {
				t.Errorf("%s: %v %s", name, err, diff)
			}
			if took := time.Since(start); took < 290*time.Millisecond { // asyncio's timers may be early by its clock's resolution
				t.Errorf("%s: it slept for %v", name, took)
			}
		}
	})
}

func callerPrints(caller, callee string) []string {
	return []string{
		fmt.Sprintf("Caller('%s') connecting to %s", caller, callee),
		fmt.Sprintf("Caller('%s') connected to CalleeProxy('%s')", caller, callee),
		fmt.Sprintf("Caller('%s') got spamspamspam", caller),
	}
}

// Caller and callee of the agent guide, over TCP, IPv6 included, and Unix sockets:
// each prints the same whatever the other one is written in.
func TestGuideCallerAndCallee(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		dir := testnet.SocketDir(t)
		places := []struct{ home, python string }{
			{"tcp://127.0.0.1:0", "tcp://127.0.0.1:0"},
			{"unix://" + dir + "/go", "unix://" + dir + "/py"},
		}
		if ln, err := net.Listen("tcp", "[::1]:0"); err != nil {
			t.Log("NOT TESTED: IPv6:", err)
		} else {
			_ = ln.Close()
			places = append(places, struct{ home, python string }{"tcp://[::1]:0", "tcp://[::1]:0"})
		}
		for _, where := range places {
			home := c.newContainerAt(t, where.home)
			d := c.startDriver(t, home, "--listen", where.python)
			caller, callee := &Caller{}, &Callee{}
			register(t, home, caller, agent.Expose("Run"))
			register(t, home, callee, agent.Expose("Spam"))
			pyCaller, pyCallerURL := d.spawn("agents_guide:Caller")
			_, pyCalleeURL := d.spawn("agents_guide:Callee")

			// Go calls Python, Python calls Go, and each its own.
			for _, url := range []string{pyCalleeURL, callee.Addr()} {
				printed, err := caller.Run(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(callerPrints(caller.Addr(), url), printed); diff != "" {
					t.Error(diff)
				}
				printed, err = aiomas.Call[[]string](t.Context(), pyCaller.Sub("run"), url)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(callerPrints(pyCallerURL, url), printed); diff != "" {
					t.Error(diff)
				}
			}
		}
	})
}

// The strings that containers, agents and proxies print are the same.
func TestStringsAreAlike(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		d := c.startDriver(t, home)
		callee := &Callee{}
		register(t, home, callee, agent.Expose("Spam"))
		var python []string
		d.do(&python, "texts")
		base := strings.TrimSuffix(d.url, "0")
		if diff := cmp.Diff([]string{"Driver('" + d.url + "')", "Container('" + base + "')", d.url}, python); diff != "" {
			t.Error(diff)
		}
		own := home.Addr()
		if diff := cmp.Diff([]string{"Callee('" + own + "0')", "Container('" + own + "')", own + "0"},
			[]string{callee.String(), home.String(), callee.Addr()}); diff != "" {
			t.Error(diff)
		}
		var described string
		d.do(&described, "describe", callee.Addr())
		if want := "CalleeProxy('" + callee.Addr() + "')"; described != want {
			t.Errorf("Python describes %s, want %s", described, want)
		}
		if got, want := d.String(), "DriverProxy('"+d.url+"')"; got != want {
			t.Errorf("Go describes %s, want %s", got, want)
		}
	})
}

// The testing guide: an agent asks another one, which sleeps a little. Real
// aiomas cannot sleep by itself on Python 3.10 and newer.
func TestGuideExampleAgent(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		d := c.startDriver(t, home, "--compat")
		mine := &ExampleAgent{}
		register(t, home, mine, agent.Expose("Run", "Service"))
		python, pythonURL := d.spawn("agents_guide:ExampleAgent")
		if res, err := mine.Run(t.Context(), pythonURL, 42); res != 42 || err != nil {
			t.Errorf("Go asks Python: %d, %v", res, err)
		}
		if res, err := aiomas.Call[int](t.Context(), python.Sub("run"), mine.Addr(), 42); res != 42 || err != nil {
			t.Errorf("Python asks Go: %d, %v", res, err)
		}
	})
}

// The clock guide's first example: an agent sleeps for half a second of whichever
// clock its container has, here the system's.
func TestGuideRealtimeClock(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		d := c.startDriver(t, home, "--compat")
		sleeper := &Sleeper{}
		register(t, home, sleeper, agent.Expose("Run"))
		python, _ := d.spawn("agents_guide:Sleeper")
		for name, run := range map[string]func(wokeAt *float64) error{
			"Go calls Python": func(wokeAt *float64) error { return python.Sub("run").Call(t.Context(), wokeAt, 0.5) },
			"Python calls Go": func(wokeAt *float64) error {
				return d.Sub("call").Call(t.Context(), wokeAt, sleeper.Addr(), "run", []any{0.5})
			},
		} {
			var first, second float64
			start := time.Now()
			if err := errors.Join(run(&first), run(&second)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(start); took < 990*time.Millisecond || second-first < 0.49 {
				t.Errorf("%s: two sleeps took %v, by its own clock the second one %g s", name, took, second-first)
			}
		}
	})
}

// The clock guide: an agent sleeps for a second of a clock that another process
// sets.
func TestGuideExternalClock(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		start := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
		home := c.newContainer(t, agent.WithClock(clock.NewExternal(start, 0)))
		manager, err := agent.NewManager(home, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := c.startDriver(t, home, "--compat", "--external", "2016-01-01T00:00:00")
		sleeper := &Sleeper{}
		register(t, home, sleeper, agent.ExposeMethod("Run", aiomas.Params("seconds"), aiomas.Defaults(aiomas.Kwargs{"seconds": 1.0})))
		pySleeper, _ := d.spawn("agents_guide:Sleeper")

		for name, c := range map[string]struct {
			sleeper *aiomas.Proxy
			set     func(now float64)
		}{
			"Go sets Python's clock": {pySleeper, func(now float64) { d.do(nil, "set_time", now) }},
			"Python sets Go's clock": {connect(t, home, sleeper.Addr()), func(now float64) {
				d.do(nil, "call", manager.Addr(), "set_time", []any{now})
			}},
		} {
			woken := make(chan error, 1)
			var at float64
			call := c.sleeper.Sub("run").Go(t.Context(), &at)
			go func() { woken <- call.Wait(t.Context()) }()
			now := 0.0
			for len(woken) == 0 {
				now += 0.5
				c.set(now)
			}
			if err := <-woken; err != nil || at < 1 || at > now {
				t.Errorf("%s: woken at %g of %g, %v", name, at, now, err)
			}
		}
		// An error of either clock arrives in Python's words.
		if got := raised(t, d.Sub("set_time").Call(t.Context(), nil, 0)); !strings.HasPrefix(got, "ValueError: Time must be > ") || !strings.HasSuffix(got, " but is 0") {
			t.Errorf("Python's clock: %s", got)
		}
		var failure []string
		d.do(&failure, "failure", manager.Addr(), "set_time", []any{0})
		if len(failure) != 2 || failure[0] != "ValueError" || !strings.HasPrefix(failure[1], "Time must be > ") || !strings.HasSuffix(failure[1], " but is 0") {
			t.Errorf("Go's clock: %q", failure)
		}
	})
}
