package mosaik

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Simulator is what mosaik calls, one call at a time and in this order: Init
// once, Create for each model and set of parameters, SetupDone, then Step and
// GetData in turn. It mirrors mosaik_api_v3.Simulator. A Simulator may also be a
// [SetupDoner], a [Finalizer] and an [ExtraMethoder].
//
// The context lives as long as the connection to mosaik, past the call, so that a
// goroutine may go on with it; it leads to mosaik by [WorldFrom]. An error fails
// the call: mosaik gets its type (see [aiomas.ExceptionType]), its message with
// the simulator, the entity (see [At]) and the method, and a trace. So does a
// panic. The simulator goes on serving after it.
type Simulator interface {
	// Init begins the simulator, whose id is sid, and describes it. The parameters
	// are those of World.start; mosaik's time_resolution is [Params.TimeResolution].
	Init(ctx context.Context, sid string, p Params) (Meta, error)

	// Create makes num entities of a model. It returns exactly num, with ids that
	// are unique in the simulator; there may be others among their Children.
	Create(ctx context.Context, num int, model string, p Params) ([]Entity, error)

	// Step simulates from time t on, with inputs for some of the entities, and
	// returns when the next step is to be, which is after t, or [NoStep]. No other
	// simulator causes a step before maxAdvance+1. maxAdvance can be −1 in the
	// first step. In a same-time loop, Step is called several times with one t.
	Step(ctx context.Context, t int64, in Inputs, maxAdvance int64) (next int64, err error)

	// GetData returns the values of the attributes that are wanted. Persistent ones
	// must all be there, the others only if there is an event.
	GetData(ctx context.Context, want Outputs) (Output, error)
}

// NoStep as the result of Step says that the simulator needs no further step of
// its own: events cause the next one. It is None in Python. Time-based simulators
// must not return it.
const NoStep int64 = -1 << 63

// SetupDoner is a [Simulator] that wants to know when all entities and
// connections are there, and nothing was stepped yet.
type SetupDoner interface {
	SetupDone(ctx context.Context) error
}

// Finalizer is a [Simulator] with something to be done in the end: when mosaik
// stops it, the connection or the process ends. Finalize is called exactly once,
// after the last call has returned. A call that does not return although its
// context has ended is waited for as long as [WithGrace] says.
type Finalizer interface {
	Finalize() error
}

// ExtraMethoder is a [Simulator] with methods besides those of the API, which
// scenarios call, also while they are set up and after the run. It is asked
// once, before Init.
type ExtraMethoder interface {
	ExtraMethods() []ExtraMethod
}

// ExtraMethod is made by [Extra].
type ExtraMethod struct {
	name string
	fn   any
	opts []aiomas.ExposeOption
}

// Extra returns the method name, which calls the function fn. The function's
// form is that of [aiomas.Router.Expose]: a leading context, any parameters, a
// result and an error; [aiomas.Params] and [aiomas.Defaults] name the parameters
// for calls by keyword. It is listed in the meta data by itself.
func Extra(name string, fn any, opts ...aiomas.ExposeOption) ExtraMethod {
	return ExtraMethod{name, fn, opts}
}

// Entity is what Create returns, CreateResult in Python.
type Entity struct {
	EID      string   // unique in the simulator
	Type     string   // the model
	Rel      []string // ids of related entities of this simulator
	Children []Entity // of any of the simulator's models, public or not
	Extra    any      // anything for the scenario, as Entity.extra_info
}
