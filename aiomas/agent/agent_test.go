package agent_test

import (
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
		"a copy":                     Callee{}, //nolint:govet // that is the mistake
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
