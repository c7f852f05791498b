package agent_test

import (
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Before it is registered an agent has nothing, and says so.
func TestAgentBeforeRegister(t *testing.T) {
	var a agent.Agent
	if a.Addr() != "" || a.ID() != "" || a.Container() != nil || a.Router() != nil || a.Self() != nil {
		t.Errorf("it has %q, %q, %v, %v, %v", a.Addr(), a.ID(), a.Container(), a.Router(), a.Self())
	}
	if got := a.String(); got != "Agent(not registered)" {
		t.Errorf("it is %s", got)
	}
}

type bare struct{ router *aiomas.Router }

func (b bare) Router() *aiomas.Router { return b.router }

func TestRegisterRefuses(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	for what, self := range map[string]any{
		"nil":                        nil,
		"a nil pointer":              (*Callee)(nil),
		"a nil embedded Agent":       &struct{ *agent.Agent }{},
		"a copy":                     Callee{},
		"a service without a router": bare{},
		"a nil router":               (*aiomas.Router)(nil),
	} {
		if a, err := c.Register(self); err == nil {
			t.Errorf("%s became %v", what, a)
		}
	}
	if a, err := c.Register(&Callee{}, nil); err != nil || a.ID() != "0" {
		t.Errorf("the first agent is %v, %v", a, err)
	}
}

// Self is what was registered, whatever that is.
func TestAgentSelf(t *testing.T) {
	c := newContainer(t, "local://"+t.Name())
	pointed := &struct{ *agent.Agent }{&agent.Agent{}}
	service := bare{aiomas.NewRouter()}
	callee := newCallee(t, c)
	for _, self := range []any{pointed, service} {
		a, err := c.Register(self)
		if err != nil || a.Self() != self || c.Agent(a.ID()).Self() != self {
			t.Errorf("%T is %v, %v", self, a, err)
		}
	}
	if c.Agent("0").Self() != callee {
		t.Error("agent 0 is another one")
	}
}

// An agent that was taken out is not there any more; its ID is not used again, and
// what it does goes on.
func TestUnregister(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	gone, stays := newCallee(t, c), newCallee(t, c)
	caller := newContainer(t, "tcp://127.0.0.1:0")
	before := connect(t, caller, gone.Addr())
	asked, open := make(chan struct{}), make(chan struct{})
	gate := aiomas.NewRouter()
	gate.Expose("wait", func() { close(asked); <-open })
	if _, err := caller.Register(gate); err != nil {
		t.Fatal(err)
	}
	slow := before.Sub("slow").Go(t.Context(), nil, gate)
	<-asked
	if c.Unregister("7") || !c.Unregister(gone.ID()) || c.Unregister(gone.ID()) {
		t.Error("Unregister does not tell what it did")
	}
	if err := before.Sub("spam").Call(t.Context(), nil, 1); !errors.Is(err, aiomas.LookupError) {
		t.Errorf("a call of it: %v", err)
	}
	if p, err := newContainer(t, "tcp://127.0.0.1:0").Connect(t.Context(), gone.Addr()); !errors.Is(err, agent.ErrNoAgent) {
		t.Errorf("it is still %v, %v", p, err)
	}
	close(open)
	if err := slow.Wait(t.Context()); err != nil {
		t.Errorf("what it was doing: %v", err)
	}
	if next := newCallee(t, c); next.ID() != "2" || c.Agent("0") != nil || c.Agent("1") != &stays.Agent || len(c.Agents()) != 2 {
		t.Errorf("the next one is %v; there are %v", next, c.Agents())
	}
}
