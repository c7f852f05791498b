package agent

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Turns says which calls of agents are handled one at a time, in the order in which
// they arrived at the container, whatever connection they came by. See
// [aiomas.Router.TakeTurns] for what a turn is, and when a method leaves it.
type Turns uint8

const (
	// PerAgent lets each agent handle one call at a time: what is in an agent needs
	// no lock. Different agents run at the same time. It is the default.
	PerAgent Turns = iota
	// PerContainer lets all agents of the container together handle one call at a
	// time, as a Python container does.
	PerContainer
	// NoTurns lets all calls be handled at the same time.
	NoTurns
)

// WithTurns sets what the agents of a container do, unless they are registered with
// [TakeTurns].
func WithTurns(t Turns) Option { return func(s *settings) { s.turns = t } }

// TakeTurns sets what an agent does, in place of its container's [WithTurns]. With
// PerContainer it shares the turns of all agents that do. One method is taken out by
// [aiomas.Concurrent], an option of [ExposeMethod].
func TakeTurns(t Turns) RegisterOption {
	return func(r *registration) { r.turns = t }
}

// takeTurns makes router, of an agent, do what t says.
func (c *Container) takeTurns(router *aiomas.Router, t Turns) {
	switch t {
	case PerAgent:
		router.TakeTurns()
	case NoTurns:
		router.TakeNoTurns()
	case PerContainer: // those of the router above
	}
}

// Waiting returns how many calls wait for a turn of the agent, and whether one has it
// now. See [aiomas.Router.Waiting].
func (a *Agent) Waiting() (calls int, busy bool) { return a.router.Waiting() }

// Turn calls f in a turn of the agent, in order behind the calls that wait, and
// returns its error. f gets a context with which it leaves the turn while it waits.
// See [aiomas.Router.Turn].
func (a *Agent) Turn(ctx context.Context, f func(context.Context) error) error {
	defer a.container.Activity().Begin()()
	return a.router.Turn(ctx, f)
}

// InTurn returns a function that calls f in a turn of the agent, in a goroutine of its
// own, with a context that ends with the container. It is what a clock should call:
//
//	a.Container().Clock().CallIn(5, a.InTurn(a.wakeUp))
//
// The place in the order of turns is that of the returned function's call.
func (a *Agent) InTurn(f func(context.Context)) func() {
	return func() {
		end := a.container.Activity().Begin()
		a.router.InTurn(a.container.ctx, func(ctx context.Context) {
			defer end()
			f(ctx)
		})()
	}
}
