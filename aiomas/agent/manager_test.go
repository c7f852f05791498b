package agent_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/codec"
)

// trader is an agent with constructor arguments.
type trader struct {
	agent.Agent
	name string
	cash float64
}

func (t *trader) Describe() string { return fmt.Sprintf("%s has %g", t.name, t.cash) }

func newTrader(ctx context.Context, c *agent.Container, name string, cash float64) (*trader, error) {
	if cash < 0 {
		return nil, aiomas.ValueError.Errorf("%s is broke", name)
	}
	t := &trader{name: name, cash: cash}
	_, err := c.Register(t, agent.Expose("Describe"))
	return t, errors.Join(err, ctx.Err())
}

func constructors() *agent.Constructors {
	cs := agent.NewConstructors()
	cs.Add("trade:Trader", newTrader, aiomas.Params("name", "cash"), aiomas.Defaults(aiomas.Kwargs{"cash": 10}))
	cs.Add("demo:Callee", func(c *agent.Container) (*Callee, error) {
		callee := &Callee{}
		_, err := c.Register(callee, agent.Expose("Spam"))
		return callee, err
	})
	cs.Add("demo:Many.of", func(c *agent.Container, class string, numbers ...int) (*agent.Agent, error) {
		r := aiomas.NewRouter()
		r.Expose("sum", func() (sum int) {
			for _, n := range numbers {
				sum += n
			}
			return sum
		})
		return c.Register(r, agent.Class(class))
	})
	cs.Add("demo:Nothing", func(*agent.Container) *agent.Agent { return nil })
	return cs
}

func TestManager(t *testing.T) {
	ext := clock.NewExternal(time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), -1)
	c := newContainer(t, "tcp://127.0.0.1:0", agent.WithClock(ext))
	m, err := agent.NewManager(c, constructors())
	if err != nil {
		t.Fatal(err)
	}
	master := newContainer(t, "tcp://127.0.0.1:0")
	manager := connect(t, master, m.Addr())
	if want := "ManagerProxy('" + m.Addr() + "')"; manager.String() != want {
		t.Errorf("got %v, want %s", manager, want)
	}
	spawn := func(args ...any) (*aiomas.Proxy, string, error) {
		var p *aiomas.Proxy
		var addr string
		err := manager.Sub("spawn").Call(t.Context(), &codec.Tuple{&p, &addr}, args...)
		return p, addr, err
	}
	for _, s := range []struct {
		args   []any
		method string
		want   any
	}{
		{[]any{"demo:Callee"}, "spam", "spam"},
		{[]any{"trade:Trader", "Ann", 2.5}, "describe", "Ann has 2.5"},
		{[]any{"trade:Trader", "Bob"}, "describe", "Bob has 10"},
		{[]any{"trade:Trader", aiomas.Kwargs{"name": "Cid", "cash": 3}}, "describe", "Cid has 3"},
		{[]any{aiomas.Kwargs{"qualname": "trade:Trader", "name": "Dot"}}, "describe", "Dot has 10"},
		{[]any{"demo:Many.of", "Sum", 1, 2, 3}, "sum", int64(6)},
	} {
		p, addr, err := spawn(s.args...)
		if err != nil {
			t.Errorf("spawn%v: %v", s.args, err)
			continue
		}
		var args []any
		if s.method == "spam" {
			args = []any{1}
		}
		var got, again any
		if err := p.Sub(s.method).Call(t.Context(), &got, args...); err != nil || got != s.want {
			t.Errorf("spawn%v: got %v, %v", s.args, got, err)
		}
		if err := connect(t, master, addr).Sub(s.method).Call(t.Context(), &again, args...); err != nil || again != s.want {
			t.Errorf("spawn%v at %s: got %v, %v", s.args, addr, again, err)
		}
	}
	for _, s := range []struct {
		args []any
		want string
	}{
		{nil, "TypeError: Manager.spawn() missing 1 required positional argument: 'qualname'"},
		{[]any{"x", aiomas.Kwargs{"qualname": "y"}}, "TypeError: Manager.spawn() got multiple values for argument 'qualname'"},
		{[]any{7}, "TypeError: Manager.spawn() argument 'qualname': int does not fit string"},
		{[]any{"Trader"}, `ValueError: Malformed object name "Trader": Expected "module:object"`},
		{[]any{"a:b:c"}, `ValueError: Malformed object name "a:b:c": Expected "module:object"`},
		{[]any{"nothere:Trader"}, "ModuleNotFoundError: No module named 'nothere'"},
		{[]any{"trade:Tailor"}, "AttributeError: module 'trade' has no attribute 'Tailor'"},
		{[]any{"trade:Trader"}, "TypeError: trade:Trader() missing 1 required positional argument: 'name'"},
		{[]any{"trade:Trader", "Eve", -1}, "ValueError: Eve is broke"},
		{[]any{"trade:Trader", "Eve", "rich"}, "TypeError: trade:Trader() argument 'cash': str does not fit float64"},
		{[]any{"demo:Nothing"}, "RuntimeError: the constructor of demo:Nothing returned no registered agent"},
	} {
		_, _, err := spawn(s.args...)
		var remote *aiomas.RemoteError
		if !errors.As(err, &remote) || remote.Type+": "+remote.Message != s.want {
			t.Errorf("spawn%v:\n got %v\nwant %s", s.args, err, s.want)
		}
	}

	for _, time := range []any{0, 1.5} {
		if err := manager.Sub("set_time").Call(t.Context(), nil, time); err != nil {
			t.Error(err)
		}
	}
	if ext.Time() != 1.5 {
		t.Errorf("the time is %g", ext.Time())
	}
	if err := manager.Sub("set_time").Call(t.Context(), nil, 1); !errors.Is(err, aiomas.ValueError) {
		t.Errorf("back in time: %v", err)
	}
	for range 2 {
		if err := manager.Sub("stop").Call(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	<-m.Stopped()
}

// herald is a manager with a method of its own, and one instead of stop.
type herald struct {
	agent.Manager
	stops int
}

func (h *herald) News() []string { return []string{"none"} }

func (h *herald) Stop() int {
	h.stops++
	h.Manager.Stop()
	return h.stops
}

// A type that embeds a Manager has its methods and those of its own.
func TestManagerWithMethods(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	h := &herald{}
	if _, err := c.Register(h, agent.Manages(constructors()), agent.Expose("News", "Stop")); err != nil {
		t.Fatal(err)
	}
	p := connect(t, c, h.Addr())
	if p.String() != "heraldProxy('"+h.Addr()+"')" {
		t.Errorf("it is %v", p)
	}
	var agentProxy *aiomas.Proxy
	if err := p.Sub("spawn").Call(t.Context(), &codec.Tuple{&agentProxy, new(string)}, "demo:Callee"); err != nil {
		t.Error(err)
	}
	if got, err := aiomas.Call[[]string](t.Context(), p.Sub("news")); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := aiomas.Call[int](t.Context(), p.Sub("stop")); err != nil || got != 1 {
		t.Errorf("its own stop returned %d, %v", got, err)
	}
	<-h.Stopped()

	for what, self := range map[string]any{"no manager": &Callee{}, "a nil one": &struct{ *agent.Manager }{}} {
		if _, err := c.Register(self, agent.Manages(nil)); err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
	var early agent.Manager
	if _, err := early.Spawn(t.Context(), "demo:Callee"); err == nil {
		t.Error("an unregistered manager spawned something")
	}
	if err := early.SetTime(1); err == nil {
		t.Error("an unregistered manager has a clock")
	}
	early.Stop()
	<-early.Stopped()
}

// What callers of spawn do, the program can do itself, with Go values.
func TestSpawnFromGo(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	cs := constructors()
	m, err := agent.NewManager(c, cs)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		name string
		args []any
		want string
	}{
		{"trade:Trader", []any{"Ann", 2.5}, "Ann has 2.5"},
		{"trade:Trader", []any{"Bob", 3}, "Bob has 3"},
		{"trade:Trader", []any{"Cid", aiomas.Kwargs{"cash": 4}}, "Cid has 4"},
		{"trade:Trader", []any{aiomas.Kwargs{"name": "Dot"}}, "Dot has 10"},
	} {
		a, err := m.Spawn(t.Context(), s.name, s.args...)
		if err != nil {
			t.Errorf("%s%v: %v", s.name, s.args, err)
			continue
		}
		if got := a.Self().(*trader).Describe(); got != s.want || c.Agent(a.ID()) != a {
			t.Errorf("%s%v: %s", s.name, s.args, got)
		}
	}
	if a, err := cs.New(t.Context(), c, "demo:Many.of", "Sum", 1, 2); err != nil || a.String() != "Sum('"+a.Addr()+"')" {
		t.Errorf("got %v, %v", a, err)
	}
	for _, s := range []struct {
		name string
		args []any
		want error
	}{
		{"trade:Tailor", nil, aiomas.AttributeError},
		{"trade:Trader", nil, aiomas.TypeError},
		{"trade:Trader", []any{"Eve", "rich"}, aiomas.TypeError},
		{"trade:Trader", []any{"Eve", 1, 2}, aiomas.TypeError},
		{"trade:Trader", []any{"Eve", -1}, aiomas.ValueError},
		{"demo:Nothing", nil, aiomas.RuntimeError},
	} {
		if a, err := m.Spawn(t.Context(), s.name, s.args...); !errors.Is(err, s.want) {
			t.Errorf("%s%v: %v, %v", s.name, s.args, a, err)
		}
	}
	other := newContainer(t, "local://"+t.Name()+"2")
	cs.Add("demo:Elsewhere", func(*agent.Container) (*Callee, error) { return newCallee(t, other), nil })
	if _, err := m.Spawn(t.Context(), "demo:Elsewhere"); !errors.Is(err, aiomas.RuntimeError) {
		t.Errorf("an agent of another container: %v", err)
	}
}

// A constructor may have its container and its context in either order.
func TestConstructorOrder(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	m, err := agent.NewManager(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	cs := agent.NewConstructors()
	register := func(ctx context.Context, c *agent.Container, name string) (*agent.Agent, error) {
		if ctx.Value(containerKey{}) == nil {
			return nil, errors.New("not the caller's context")
		}
		return c.Register(&struct{ int }{1}, agent.Class(name))
	}
	cs.Add("a:ctx_first", register)
	cs.Add("a:ctx_last", func(c *agent.Container, ctx context.Context, name string) (*agent.Agent, error) {
		return register(ctx, c, name)
	})
	ctx := context.WithValue(t.Context(), containerKey{}, true)
	for _, name := range []string{"a:ctx_first", "a:ctx_last"} {
		a, err := cs.New(ctx, m.Container(), name, "X")
		if err != nil || a.String() != "X('"+a.Addr()+"')" {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
}

type containerKey struct{}

func TestManagerOfRealtime(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	m, err := agent.NewManager(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = connect(t, c, m.Addr()).Sub("set_time").Call(t.Context(), nil, 1)
	if !errors.Is(err, aiomas.AttributeError) || !strings.Contains(err.Error(), "has no attribute 'set_time'") {
		t.Errorf("got %v", err)
	}
}

func TestConstructorsRefuse(t *testing.T) {
	good := func(*agent.Container) *agent.Agent { return nil }
	for what, add := range map[string]func(cs *agent.Constructors){
		"no module":   func(cs *agent.Constructors) { cs.Add("Trader", good) },
		"two colons":  func(cs *agent.Constructors) { cs.Add("a:b:c", good) },
		"no function": func(cs *agent.Constructors) { cs.Add("a:b", 1) },
		"nil":         func(cs *agent.Constructors) { cs.Add("a:b", (func(*agent.Container) *agent.Agent)(nil)) },
		"two containers": func(cs *agent.Constructors) {
			cs.Add("a:b", func(_, _ *agent.Container) *agent.Agent { return nil })
		},
		"a late container": func(cs *agent.Constructors) {
			cs.Add("a:b", func(context.Context, int, *agent.Container) *agent.Agent { return nil })
		},
		"a late context": func(cs *agent.Constructors) {
			cs.Add("a:b", func(*agent.Container, int, context.Context) *agent.Agent { return nil })
		},
		"no container": func(cs *agent.Constructors) { cs.Add("a:b", func() *agent.Agent { return nil }) },
		"no agent":     func(cs *agent.Constructors) { cs.Add("a:b", func(*agent.Container) int { return 0 }) },
		"no error": func(cs *agent.Constructors) {
			cs.Add("a:b", func(*agent.Container) (*agent.Agent, int) { return nil, 0 })
		},
		"taken": func(cs *agent.Constructors) { cs.Add("a:b", good); cs.Add("a:b", good) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", what)
				}
			}()
			add(agent.NewConstructors())
		}()
	}
}

// Nobody has to stop a manager that runs until its context ends.
func TestRunManager(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan string), make(chan error)
	run := func() {
		ended <- agent.RunManager(ctx, "tcp://127.0.0.1:0", agent.ManagerConfig{
			Constructors: constructors(),
			Ready:        func(m *agent.Manager) { ready <- m.Addr() },
		})
	}
	master := newContainer(t, "tcp://127.0.0.1:0")
	go run()
	if err := connect(t, master, <-ready).Sub("stop").Call(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("after stop: %v", err)
	}
	go run()
	<-ready
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after its context: %v", err)
	}
	if err := agent.RunManager(t.Context(), "nowhere", agent.ManagerConfig{}); err == nil {
		t.Error("an address that is none was accepted")
	}
}
