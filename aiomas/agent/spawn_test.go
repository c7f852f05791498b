package agent_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// spawned is an item of what spawn_n returns.
type spawned struct {
	_     struct{} `aiomas:",list"`
	Addr  *string
	Error []string
}

func newManager(t *testing.T) (c *agent.Container, manager *aiomas.Proxy) {
	t.Helper()
	c = newContainer(t, "tcp://127.0.0.1:0")
	cs := constructors()
	cs.Add("demo:Panics", func(*agent.Container) *Callee { panic("oh no") })
	cs.Add("demo:Two", func(c *agent.Container) (*Callee, error) {
		first, second := &Callee{}, &Callee{}
		_, err := c.Register(first, agent.Expose("Spam"))
		_, err2 := c.Register(second, agent.Expose("Spam"))
		return first, errors.Join(err, err2)
	})
	cs.Add("demo:Named", func(c *agent.Container, id string) (*agent.Agent, error) {
		return c.Register(aiomas.NewRouter(), agent.ID(id))
	})
	m, err := agent.NewManager(c, cs)
	if err != nil {
		t.Fatal(err)
	}
	return c, connect(t, newContainer(t, "tcp://127.0.0.1:0"), m.Addr())
}

func TestSpawnN(t *testing.T) {
	c, manager := newManager(t)
	none := []any{}
	got, err := aiomas.Call[[]spawned](t.Context(), manager.Sub("spawn_n"), []any{
		[]any{"trade:Trader", []any{"Ann"}, aiomas.Kwargs{"cash": 5}, nil},
		[]any{"trade:Trader", []any{"Bob", -1}},
		[]any{"demo:Callee"},
		[]any{"trade:Tailor", none, nil},
		[]any{"demo:Panics"},
		[]any{"trade:Trader", []any{"Cid"}, nil, "cid"},
		[]any{"demo:Callee", none, nil, "cid"},
		[]any{"demo:Callee", none, nil, "70"},
		[]any{"demo:Two", none, nil, "two"},
		[]any{"demo:Callee", none, nil, "a/b"},
		[]any{"demo:Named", []any{"own"}},
		[]any{"demo:Named", []any{"own 2"}, nil, "another"},
		none,
		[]any{"demo:Callee"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1", "ValueError: Bob is broke", "2",
		"AttributeError: module 'trade' has no attribute 'Tailor'", "RuntimeError: panic: oh no",
		"cid", "ValueError: There is an agent with the ID 'cid' in " + c.String(), "70", "two",
		"ValueError: An agent's ID must not be empty or have a slash: 'a/b'", "own",
		"RuntimeError: the constructor of demo:Named has given its agent the ID 'own 2', not 'another'",
		"TypeError: Manager.spawn_n() wants [qualname, args, kwargs, id], not a list of 0", "72",
	}
	for i, w := range want {
		switch g := got[i]; {
		case g.Addr != nil && *g.Addr == c.Addr()+w:
		case len(g.Error) == 2 && g.Error[0]+": "+g.Error[1] == w:
		default:
			t.Errorf("item %d: %v %v, want %s", i, g.Addr, g.Error, w)
		}
	}
	var order []string
	for _, a := range c.Agents() {
		order = append(order, a.ID())
		if a.Container() != c {
			t.Errorf("%v is in another container", a)
		}
	}
	if want := []string{"0", "1", "2", "cid", "70", "two", "71", "own", "own 2", "72"}; !reflect.DeepEqual(order, want) {
		t.Errorf("agents %v, want %v", order, want)
	}
}

func TestIDs(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	for _, s := range []struct {
		opts []agent.RegisterOption
		want string
	}{
		{nil, "0"}, {[]agent.RegisterOption{agent.ID("7")}, "7"}, {nil, "8"},
		{[]agent.RegisterOption{agent.ID("3")}, "3"}, {nil, "9"}, {[]agent.RegisterOption{agent.ID("010")}, "010"}, {nil, "10"},
	} {
		if a, err := c.Register(&Callee{}, s.opts...); err != nil || a.ID() != s.want {
			t.Errorf("got %v, %v, want %s", a, err, s.want)
		}
	}
	if _, err := c.Register(&Callee{}, agent.ID("3")); !errors.Is(err, aiomas.ValueError) {
		t.Errorf("an ID that is taken: %v", err)
	}
	if !c.Unregister("3") {
		t.Error("3 is not there")
	}
	if _, err := c.Register(&Callee{}, agent.ID("3")); err != nil {
		t.Errorf("an ID that is free again: %v", err)
	}
}

func TestCallCounts(t *testing.T) {
	c, manager := newManager(t)
	counts := func() (begun, ended int64) {
		got, err := aiomas.Call[[]int64](t.Context(), manager.Sub("call_counts"))
		if err != nil || len(got) != 2 {
			t.Fatalf("%v, %v", got, err)
		}
		return got[0], got[1]
	}
	settled := func() {
		for begun, ended := counts(); begun != ended; begun, ended = counts() {
		}
	}
	begun, _ := counts()
	if begun != 1 { // validate_aid
		t.Errorf("%d calls have begun", begun)
	}
	settled()
	end := c.Activity().Begin()
	a := c.Agent("0")
	in, goOn := make(chan bool), make(chan bool)
	a.InTurn(func(context.Context) { in <- true; <-goOn })()
	<-in
	for range 3 {
		if begun, ended := counts(); begun != 3 || ended > 1 {
			t.Errorf("%d have begun, %d ended", begun, ended)
		}
	}
	close(goOn)
	end()
	end() // does nothing
	settled()
}
