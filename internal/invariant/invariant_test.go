package invariant_test

import (
	"testing"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// broken tells whether f breaks an invariant.
func broken(f func()) (broken bool) {
	defer func() { broken = recover() != nil }()
	f()
	return false
}

func TestChecks(t *testing.T) {
	var role invariant.Role
	first := role.Take()
	second := role.Pass(first)
	var state invariant.State
	state.Move(0, 1, "begun")
	for name, c := range map[string]struct {
		breaks bool
		f      func()
	}{
		"true":                   {false, func() { invariant.Check(true, "true") }},
		"false":                  {true, func() { invariant.Check(false, "false") }},
		"good token":             {false, func() { role.Check(second) }},
		"token that was passed":  {true, func() { role.Check(first) }},
		"no token":               {true, func() { role.Check(invariant.Token{}) }},
		"passed twice":           {true, func() { role.Pass(first) }},
		"no token passed":        {true, func() { new(invariant.Role).Pass(invariant.Token{}) }},
		"taken twice":            {true, func() { role.Take() }},
		"step from where it is":  {false, func() { state.Move(1, 1, "step") }},
		"step from where it was": {true, func() { state.Move(0, 1, "step") }},
		"leaves another state":   {false, func() { state.Leave(0, 1, "left") }},
		"leaves this state":      {true, func() { new(invariant.State).Leave(0, 1, "left") }},
	} {
		if got := broken(c.f); got != (c.breaks && invariant.On) {
			t.Errorf("%s: broken: %v", name, got)
		}
	}
}

func TestNoCostWhereNothingIsChecked(t *testing.T) {
	if !invariant.On && unsafe.Sizeof(invariant.Role{})+unsafe.Sizeof(invariant.Token{})+unsafe.Sizeof(invariant.State{}) != 0 {
		t.Error("checks that are not made take memory")
	}
}
