package mosaik

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Simulator is the interface that mosaik calls, one call at a time and in this order: Init
// once, Create for each model and set of parameters, SetupDone, then Step and GetData
// alternately. It mirrors mosaik_api_v3.Simulator. A Simulator may also be a [SetupDoner],
// a [Finalizer] and an [ExtraMethoder].
//
// The context ends with the connection to mosaik, not with the call, so that goroutines may
// use it longer; [WorldFrom] returns its [World]. An error makes the call fail: mosaik
// gets the type (see [aiomas.ExceptionType]), a message with the simulator, the entity (see
// [At]) and the method, and a trace. A panic has the same effect. The simulator continues
// to serve calls after it.
type Simulator interface {
	// Init initializes the simulator with the id sid, and returns its description. The
	// parameters are those of World.start; mosaik's time_resolution is
	// [Params.TimeResolution].
	Init(ctx context.Context, sid string, p Params) (Meta, error)

	// Create creates num entities of a model. It returns exactly num entities, with ids
	// that are unique in the simulator; their Children may contain others.
	Create(ctx context.Context, num int, model string, p Params) ([]Entity, error)

	// Step simulates from time t on, with inputs for some of the entities, and returns the
	// time of the next step, which is after t, or [NoStep]. No other simulator causes a
	// step before maxAdvance+1. maxAdvance can be −1 in the first step. In a same-time
	// loop, Step is called several times with the same t.
	Step(ctx context.Context, t int64, in Inputs, maxAdvance int64) (next int64, err error)

	// GetData returns the values of the attributes in want. Persistent attributes must all
	// be present, others only if there is an event.
	GetData(ctx context.Context, want Outputs) (Output, error)
}

// NoStep as the result of Step means that the simulator itself requests no further step:
// the next step is caused by events. In Python it is None. Time-based simulators must not
// return it.
const NoStep int64 = -1 << 63

// SetupDoner is a [Simulator] with a method that is called when all entities and
// connections exist, before the first step.
type SetupDoner interface {
	SetupDone(ctx context.Context) error
}

// Finalizer is a [Simulator] with a method that is called at the end: when mosaik stops it,
// or when the connection or the process ends. Finalize is called exactly once, after the
// last call has returned. The time to wait for a call that does not return after its
// context has ended is set by [WithGrace].
type Finalizer interface {
	Finalize() error
}

// ExtraMethoder is a [Simulator] with methods besides those of the API. Scenarios call them
// during their setup and after the run as well. ExtraMethods is called once, before Init.
type ExtraMethoder interface {
	ExtraMethods() []ExtraMethod
}

// ExtraMethod is an extra method. [Extra] returns one.
type ExtraMethod struct {
	name string
	fn   any
	opts []aiomas.ExposeOption
}

// Extra returns an extra method with the given name, which calls fn. fn has the form of
// functions for [aiomas.Router.Expose]: a leading context, any parameters, a result and an
// error; [aiomas.Params] and [aiomas.Defaults] name the parameters for keyword arguments.
// The method is listed in the metadata automatically.
func Extra(name string, fn any, opts ...aiomas.ExposeOption) ExtraMethod {
	return ExtraMethod{name, fn, opts}
}

// Entity is a result of Create, CreateResult in Python.
type Entity struct {
	EID      string   // unique in the simulator
	Type     string   // the model
	Rel      []string // ids of related entities of this simulator
	Children []Entity // of any of the simulator's models, public or not
	Extra    any      // anything for the scenario, as Entity.extra_info
}
