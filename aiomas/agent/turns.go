package agent

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Turns determines which calls of agents are handled one at a time, in the order in which they arrived
// at the container on any connection. See [aiomas.Router.TakeTurns] for what a turn is, and when a
// method leaves it.
type Turns uint8

const (
	// PerAgent makes each agent handle one call at a time, so that the fields of an agent need
	// no lock. Different agents run concurrently. It is the default.
	PerAgent Turns = iota
	// PerContainer makes all agents of the container together handle one call at a time, as in
	// Python.
	PerContainer
	// NoTurns handles all calls concurrently.
	NoTurns
)

// WithTurns sets the Turns of the agents of a container. [TakeTurns] overrides it for one agent.
func WithTurns(t Turns) Option { return func(s *settings) { s.turns = t } }

// TakeTurns sets the Turns of one agent, overriding [WithTurns]. Agents with PerContainer share one
// turn. To exempt a method, use [aiomas.Concurrent], an option of [ExposeMethod].
func TakeTurns(t Turns) RegisterOption {
	return func(r *registration) { r.turns = t }
}

// takeTurns configures the router of an agent for t.
func (c *Container) takeTurns(router *aiomas.Router, t Turns) {
	switch t {
	case PerAgent:
		router.TakeTurns()
	case NoTurns:
		router.TakeNoTurns()
	case PerContainer: // the turns of the router above
	}
}

// Waiting returns how many calls wait for a turn of the agent, and whether the turn is taken. See
// [aiomas.Router.Waiting].
func (a *Agent) Waiting() (calls int, busy bool) { return a.router.Waiting() }

// Turn calls f in a turn of the agent, after the calls that already wait, and returns its error. The
// context of f leaves the turn during waits. See [aiomas.Router.Turn].
func (a *Agent) Turn(ctx context.Context, f func(context.Context) error) error {
	defer a.container.Activity().Begin()()
	return a.router.Turn(ctx, f)
}

// InTurn returns a function that calls f in a turn of the agent, in a goroutine of its own, with a
// context that ends with the container. Use it for callbacks of a clock:
//
//	a.Container().Clock().CallIn(5, a.InTurn(a.wakeUp))
//
// The call of the returned function determines the place of f in the order of turns.
func (a *Agent) InTurn(f func(context.Context)) func() {
	return func() {
		end := a.container.Activity().Begin()
		a.router.InTurn(a.container.ctx, func(ctx context.Context) {
			defer end()
			f(ctx)
		})()
	}
}
