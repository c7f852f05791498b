package mosaik

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Step is one step of one entity of a [Model].
type Step struct {
	SID            string
	EID            string
	Time           int64
	MaxAdvance     int64
	Since          int64   // time since the entity's last step, 0 in the first one
	TimeResolution float64 // seconds of a step of time

	next   int64
	output *int64 // of the simulator
}

// Next requests another step of this entity at time t. The earliest of several requested
// times is used.
func (s *Step) Next(t int64) { s.next = min(s.next, t) }

// OutputAt sets the time of the events that this step of the simulator outputs. The time is
// common to all entities: the last call determines it.
func (s *Step) OutputAt(t int64) { *s.output = t }

// Stepper is the interface of the entities of a [Model]. Step reads the inputs from the
// entity's fields and stores the outputs there.
type Stepper interface {
	Step(ctx context.Context, s *Step) error
}

// Creator is a [Stepper] with a method that is called when its parameters are set.
type Creator interface {
	Create(ctx context.Context, sid, eid string) error
}

// entityOf is the constraint on *T.
type entityOf[T any] interface {
	*T
	Stepper
}

// Model returns a simulator with a model of the given name, which is described by the
// struct T. *T has the method of [Stepper]. Tags describe the fields:
//
//	type Battery struct {
//		Capacity float64 `mosaik:"capacity,param,required"` // a parameter
//		Power    float64 `mosaik:"p,in"`                    // an input
//		Charge   float64 `mosaik:"soc,param,out"`           // an output that a parameter begins
//	}
//
// The options of a tag are param, required, in, trigger (an input that causes a
// step), out, event (an output that is not persistent) and precise (see
// [Inputs.SumPrecise]). A field is an input of any type:
//
//   - numbers get the sum of all values, other types their only value;
//   - slices get all values, maps all values by source, "sid.eid";
//   - pointers, slices and maps are nil without an input, others stay as they are; a
//     pointer is nil for None, too, as mosaik has it where there is no value yet;
//   - a field map[string][]Input named * gets all other attributes (any_inputs).
//
// An event output whose field can be nil is not output while it is nil. Pointers, slices
// and maps of events are set to nil before each step.
//
// Entities are named name_0, name_1 … A simulator has the parameters step_size, the time
// between steps, and eid_prefix. Without triggers and events it is time-based, and all
// entities are stepped together. It is event-based if all inputs are triggers and all
// outputs are events, and otherwise hybrid. In both cases, an entity is stepped if it has
// inputs or has requested the step with [Step.Next]; other steps occur only with a step
// size. T may also be a [Creator], [SetupDoner] or [Finalizer].
//
// Model panics if the tags are invalid. To combine several models in one simulator, use
// [Models].
func Model[T any, P entityOf[T]](name string, opts ...ModelOption) *ModelSim {
	k := &modelKind{name: name, prefix: name + "_"}
	plan, err := planModel[T]()
	if err != nil {
		panic(fmt.Errorf("mosaik: model %q: %w", name, err))
	}
	k.plan = plan
	m := &ModelSim{kinds: []*modelKind{k}}
	prototype := *new(T)
	k.create = func() Stepper {
		v := prototype
		return P(&v)
	}
	k.setPrototype = func(v any) bool {
		p, ok := v.(T)
		prototype = p
		return ok
	}
	for _, o := range opts {
		if err := o(m, k); err != nil {
			panic(fmt.Errorf("mosaik: model %q: %w", name, err))
		}
	}
	return m
}

// Models combines several models in one simulator.
func Models(list ...*ModelSim) *ModelSim {
	m := new(ModelSim)
	for _, other := range list {
		m.kinds = append(m.kinds, other.kinds...)
		m.extra = append(m.extra, other.extra...)
		m.stepSize = max(m.stepSize, other.stepSize)
		if other.typ != "" {
			m.typ = other.typ
		}
	}
	return m
}

// ModelOption is an option of [Model].
type ModelOption func(*ModelSim, *modelKind) error

// Prototype sets the initial values of fields of a new entity: the defaults of its
// parameters.
func Prototype[T any](v T) ModelOption {
	return func(_ *ModelSim, k *modelKind) error {
		if !k.setPrototype(v) {
			return fmt.Errorf("a prototype of another type, %T", v)
		}
		return nil
	}
}

// StepSize sets the time between steps, which the simulator's parameter step_size
// overrides. The default is 1 for a time-based simulator, and no step size for others.
func StepSize(t int64) ModelOption {
	return func(m *ModelSim, _ *modelKind) error {
		m.stepSize = t
		if t <= 0 {
			return fmt.Errorf("a step size of %d", t)
		}
		return nil
	}
}

// OfType sets the type of the simulator, in place of the one that follows from the tags.
func OfType(t Type) ModelOption {
	return func(m *ModelSim, _ *modelKind) error { m.typ = t; return nil }
}

// Methods adds extra methods.
func Methods(list ...ExtraMethod) ModelOption {
	return func(m *ModelSim, _ *modelKind) error { m.extra = append(m.extra, list...); return nil }
}

// ModelSim is the [Simulator] that [Model] returns. It serves one simulation.
type ModelSim struct {
	kinds    []*modelKind
	extra    []ExtraMethod
	typ      Type
	stepSize int64

	sid        string
	resolution float64
	entities   []*modelEntity
	byID       map[string]*modelEntity
	output     int64 // time of the events, or noTime
}

type modelKind struct {
	name, prefix string
	plan         *modelPlan
	create       func() Stepper
	setPrototype func(any) bool
	count        int
}

const noTime int64 = math.MinInt64

// never is the due time of an entity that has requested no step.
const never int64 = math.MaxInt64

// modelEntity is an entity and its times.
type modelEntity struct {
	eid     string
	entity  Stepper
	fields  boundFields
	begun   bool
	last    int64 // time of its last step
	due     int64
	stepped bool // in the simulator's last step
}

// Init returns the description of the simulator.
func (m *ModelSim) Init(_ context.Context, sid string, p Params) (Meta, error) {
	args := struct {
		StepSize int64  `mosaik:"step_size"`
		Prefix   string `mosaik:"eid_prefix"`
	}{StepSize: m.stepSize}
	if err := p.Decode(&args); err != nil {
		return Meta{}, err
	}
	if args.Prefix != "" {
		for _, k := range m.kinds {
			k.prefix = args.Prefix
		}
	}
	m.sid, m.resolution, m.stepSize = sid, p.TimeResolution, args.StepSize
	m.byID, m.output = map[string]*modelEntity{}, noTime
	meta := Meta{Type: m.kind(), Models: map[string]ModelMeta{}}
	m.typ = meta.Type
	if m.stepSize == 0 && m.typ == TimeBased {
		m.stepSize = 1
	}
	for _, k := range m.kinds {
		meta.Models[k.name] = k.plan.meta(meta.Type)
	}
	return meta, nil
}

// kind returns the type that follows from the tags.
func (m *ModelSim) kind() Type {
	if m.typ != "" {
		return m.typ
	}
	held, events := false, false
	for _, k := range m.kinds {
		held = held || k.plan.held
		events = events || k.plan.events
	}
	switch {
	case !events:
		return TimeBased
	case !held:
		return EventBased
	}
	return Hybrid
}

// ExtraMethods returns the methods of [Methods].
func (m *ModelSim) ExtraMethods() []ExtraMethod { return m.extra }

// Create creates entities.
func (m *ModelSim) Create(ctx context.Context, num int, model string, p Params) ([]Entity, error) {
	k := m.kinds[slices.IndexFunc(m.kinds, func(k *modelKind) bool { return k.name == model })]
	list := make([]Entity, 0, num)
	for range num {
		e := &modelEntity{eid: fmt.Sprintf("%s%d", k.prefix, k.count), entity: k.create(), due: never}
		for m.byID[e.eid] != nil { // taken by another model with this prefix
			k.count++
			e.eid = fmt.Sprintf("%s%d", k.prefix, k.count)
		}
		k.count++
		v := k.plan.value(e.entity)
		if err := p.decodeInto(v, k.plan.params); err != nil {
			return nil, At(e.eid, err)
		}
		e.fields = k.plan.bind(v)
		if c, ok := e.entity.(Creator); ok {
			if err := c.Create(ctx, m.sid, e.eid); err != nil {
				return nil, At(e.eid, err)
			}
		}
		m.entities = append(m.entities, e)
		m.byID[e.eid] = e
		list = append(list, Entity{EID: e.eid, Type: model})
	}
	return list, nil
}

// SetupDone calls SetupDone of the entities that have it.
func (m *ModelSim) SetupDone(ctx context.Context) error {
	for _, e := range m.entities {
		if d, ok := e.entity.(SetupDoner); ok {
			if err := d.SetupDone(ctx); err != nil {
				return At(e.eid, err)
			}
		}
	}
	return nil
}

// Step steps the entities that are due.
func (m *ModelSim) Step(ctx context.Context, t int64, in Inputs, maxAdvance int64) (int64, error) {
	m.output = noTime
	next := never
	for _, e := range m.entities {
		attrs := in.attrsOf(e.eid)
		e.stepped = len(attrs) > 0 || e.due <= t || m.typ == TimeBased || m.typ == Hybrid && !e.begun
		if e.stepped {
			if err := m.stepEntity(ctx, e, t, attrs, maxAdvance); err != nil {
				return 0, At(e.eid, err)
			}
		}
		next = min(next, e.due)
	}
	for eid := range in.Entities() {
		if m.byID[eid] == nil {
			return 0, At(eid, errors.New("there is no such entity"))
		}
	}
	switch {
	case next < never:
		return next, nil
	case m.typ == TimeBased: // there are no entities
		return t + m.stepSize, nil
	}
	return NoStep, nil
}

func (m *ModelSim) stepEntity(ctx context.Context, e *modelEntity, t int64, attrs []attrInputs, maxAdvance int64) error {
	if err := e.fields.take(attrs); err != nil {
		return err
	}
	s := Step{SID: m.sid, EID: e.eid, Time: t, MaxAdvance: maxAdvance, TimeResolution: m.resolution, next: never, output: &m.output}
	if e.begun {
		s.Since = t - e.last
	}
	e.begun, e.last = true, t
	if e.due <= t {
		e.due = never
	}
	if err := e.entity.Step(ctx, &s); err != nil {
		return err
	}
	e.due = min(e.due, s.next)
	if e.due == never && m.stepSize > 0 {
		e.due = t + m.stepSize
	}
	return nil
}

// GetData returns the outputs in the fields.
func (m *ModelSim) GetData(_ context.Context, want Outputs) (Output, error) {
	var failed error
	out := want.Fill(func(eid, attr string) (any, bool) {
		e := m.byID[eid]
		if e == nil {
			failed = errors.Join(failed, At(eid, errors.New("there is no such entity")))
			return nil, false
		}
		return e.fields.give(attr, e.stepped)
	})
	if m.output != noTime {
		out.SetTime(m.output)
	}
	return out, failed
}

// Finalize calls Finalize of the entities that have it.
func (m *ModelSim) Finalize() error {
	var errs []error
	for _, e := range m.entities {
		if f, ok := e.entity.(Finalizer); ok {
			errs = append(errs, At(e.eid, f.Finalize()))
		}
	}
	return errors.Join(errs...)
}
