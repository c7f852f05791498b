package function

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Arguments are the arguments of one call, decoded and bound to the parameters of
// the function. They are pooled with the function's plan: a reflect.New for each
// parameter of each call would be most of the memory that a small call allocates.
type Arguments struct {
	values  []reflect.Value // addressable, one for each parameter without the context
	cleared []reflect.Value // of values and of the result: all but numbers and bools that are always set before they are used
	targets []any           // pointers to values, to decode into
	set     []bool          // which of plan.params were passed
	call    []reflect.Value // the values passed to the function, with a receiver and a context

	// For direct calls.
	ctx    context.Context
	slots  slots
	result any           // pointer to the result
	holder reflect.Value // the result, addressable
	lent   any           // the result itself, at out; nil: it must not be lent
	out    unsafe.Pointer
}

// newArguments returns Arguments for functions with the parameter types in. The
// parameter at kwargsAt takes the remaining keyword arguments; params is the
// number of named parameters. hasCtx and result are those of the plan.
func newArguments(in []reflect.Type, kwargsAt, params int, hasCtx bool, result reflect.Type) *Arguments {
	a := &Arguments{
		values:  make([]reflect.Value, len(in)),
		targets: make([]any, len(in)),
		set:     make([]bool, params),
		call:    make([]reflect.Value, 0, len(in)+2),
	}
	for i, t := range in {
		p := reflect.New(t)
		a.values[i] = p.Elem()
		a.clear(a.values[i])
		if i == kwargsAt {
			p = p.Convert(kwargsTarget(t))
		}
		a.targets[i] = p.Interface()
	}
	var ctx *context.Context
	if hasCtx {
		ctx = &a.ctx
	}
	a.slots = slotsOf(ctx, a.values)
	if result != nil {
		p := reflect.New(result)
		a.result, a.holder, a.out = p.Interface(), p.Elem(), p.UnsafePointer()
		a.lent = lentAt(a.holder, a.out)
		a.clear(a.holder)
	}
	return a
}

// takeResult returns the result of a direct call.
func (a *Arguments) takeResult() any {
	switch r := a.result.(type) {
	case nil:
		return nil
	case *int:
		return *r
	case *float64:
		return *r
	case *bool:
		return *r
	}
	return a.holder.Interface()
}

// clear makes release clear v, unless it is a number or a bool that a codec always sets.
// Methods of users' types, such as an UnmarshalJSON that ignores null, may leave theirs as it is.
func (a *Arguments) clear(v reflect.Value) {
	if v.Kind() > reflect.Complex128 || !codec.BuiltIn(v.Type()) {
		a.cleared = append(a.cleared, v)
	}
}

// kwargsTarget returns the pointer type through which a parameter of type t, also a
// defined type, receives the remaining keyword arguments.
func kwargsTarget(t reflect.Type) reflect.Type {
	if t.Elem() == reflect.TypeFor[codec.Value]() {
		return reflect.TypeFor[*map[string]codec.Value]()
	}
	return reflect.TypeFor[*map[string]any]()
}

// prepare sets the initial values before keyword arguments are bound: an empty
// map rather than nil, and the defaults of a keyword struct.
func (f *Function) prepare(a *Arguments) {
	if f.prefill.IsValid() {
		a.values[len(a.values)-1].Set(f.prefill)
	}
	if f.kwargsAt < 0 {
		return
	}
	switch m := a.targets[f.kwargsAt].(type) {
	case *map[string]any:
		*m = map[string]any{}
	case *map[string]codec.Value:
		*m = map[string]codec.Value{}
	}
}

// release clears the arguments and the result, so that pooled arguments keep no values alive.
func (f *Function) release(a *Arguments) {
	for _, v := range a.cleared {
		v.SetZero()
	}
	clear(a.set)
	clear(a.call)
	a.call = a.call[:0]
	a.ctx, a.slots[0] = nil, nil
	f.frames.Put(a)
}
