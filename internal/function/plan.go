package function

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
)

// plan is an analysed signature. It is immutable.
type plan struct {
	hasCtx     bool
	hasErr     bool
	positional int           // number of params, the first ones, that can be passed by position
	params     []param       // then the keyword-only ones
	kwargsAt   int           // index in Arguments.values of the other keyword arguments, or -1
	prefill    reflect.Value // initial value of the keyword struct; invalid: zero
	variadic   reflect.Type  // element type; nil: none
	frames     *sync.Pool    // *Arguments

	direct, directMethod direct // how functions and methods are called; nil: by reflection
	returns              returns
	result               reflect.Type // of direct calls; nil: none
}

// param is a parameter that an argument can be passed for.
type param struct {
	name     string // "" if it cannot be passed by keyword
	required bool
	def      reflect.Value // used when not passed, if valid; else zero
	field    []int         // index of the field in the keyword struct, for keyword-only ones
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// plans are shared by all functions with the same type and options. With 100,000
// functions of one type, called in random order, plans and pools of their own
// would mostly be cache misses and halve the calls per second.
var plans sync.Map // planKey → *plan

// planKey identifies a plan without defaults.
type planKey struct {
	fn                reflect.Type
	params            string
	keywordStruct     bool
	kwargs, rawKwargs reflect.Type
}

// planOf returns the plan for functions of type t.
func planOf(t reflect.Type, o *Options) (*plan, error) {
	key := planKey{t, fmt.Sprintf("%#v", o.Params), o.KeywordStruct, o.Kwargs, o.RawKwargs}
	shared, ok := plans.Load(key)
	if !ok {
		p, err := newPlan(t, o)
		if err != nil {
			return nil, err
		}
		shared, _ = plans.LoadOrStore(key, p)
	}
	if len(o.Defaults) == 0 && len(o.KeywordDefaults) == 0 {
		return shared.(*plan), nil
	}
	return shared.(*plan).withDefaults(t, o)
}

// newPlan analyses the signature t. The defaults of o are set by withDefaults.
func newPlan(t reflect.Type, o *Options) (*plan, error) {
	p := &plan{kwargsAt: -1}
	types := make([]reflect.Type, t.NumIn())
	for i := range types {
		types[i] = t.In(i)
	}
	if len(types) > 0 && types[0] == contextType {
		p.hasCtx = true
		types = types[1:]
	}
	in := types
	if n := len(types) - 1; t.IsVariadic() {
		p.variadic = types[n].Elem()
		types = types[:n]
	}
	if n := len(types) - 1; n >= 0 && o.isKwargs(types[n]) {
		p.kwargsAt = n
		types = types[:n]
	}
	var keywords []param
	if o.KeywordStruct {
		var err error
		if keywords, err = keywordsOf(in, types); err != nil {
			return nil, fmt.Errorf("KeywordStruct: %w", err)
		}
		types = types[:len(types)-1]
	}
	if err := o.checkSignature(t, types); err != nil {
		return nil, err
	}
	if err := p.addParams(len(types), o.Params, keywords); err != nil {
		return nil, err
	}
	p.hasErr = t.NumOut() > 0 && t.Out(t.NumOut()-1) == errorType
	p.setDirect(t)
	n, at, hasCtx, result := len(p.params), p.kwargsAt, p.hasCtx, p.result
	p.frames = &sync.Pool{New: func() any { return newArguments(in, at, n, hasCtx, result) }}
	return p, nil
}

// addParams adds the given number of positional parameters, with these names,
// and then the keyword-only ones.
func (p *plan) addParams(positional int, names []string, keywords []param) error {
	if names != nil && len(names) != positional {
		return fmt.Errorf("Params names %d parameters, the function has %d", len(names), positional) //nolint:staticcheck // the name of an option
	}
	p.positional = positional
	p.params = append(make([]param, positional), keywords...)
	for i := range positional {
		p.params[i].required = true
		if names == nil {
			continue
		}
		if names[i] == "" || p.named([]byte(names[i])) >= 0 {
			return fmt.Errorf("parameter %d cannot be named %q", i, names[i])
		}
		p.params[i].name = names[i]
	}
	return nil
}

// named returns the index of the parameter that can be passed by this keyword, or
// -1.
func (p *plan) named(keyword []byte) int {
	if len(keyword) == 0 { // the name of parameters without one
		return -1
	}
	for i := range p.params {
		if p.params[i].name == string(keyword) {
			return i
		}
	}
	return -1
}

// withDefaults returns a copy of the plan for functions of type t that has the
// defaults of o.
func (p *plan) withDefaults(t reflect.Type, o *Options) (*plan, error) {
	own := *p
	if o.KeywordStruct {
		if err := own.setPrefill(t.In(t.NumIn()-1), o.KeywordDefaults); err != nil {
			return nil, fmt.Errorf("KeywordStruct: %w", err)
		}
	}
	for name := range o.Defaults {
		if i := p.named([]byte(name)); i < 0 || i >= p.positional {
			return nil, fmt.Errorf("default of %q: Params names no such parameter", name)
		}
	}
	own.params = slices.Clone(p.params)
	optional := false
	for i := range own.positional {
		a := &own.params[i]
		def, ok := o.Defaults[a.name]
		if !ok {
			if optional {
				return nil, fmt.Errorf("parameter %q without a default follows one with a default", a.name)
			}
			continue
		}
		v, err := convert(def, t.In(own.inputOf(i)))
		if err != nil {
			return nil, fmt.Errorf("default of %q: %w", a.name, err)
		}
		a.required, a.def, optional = false, v, true
	}
	return &own, nil
}

// inputOf returns the index of positional parameter i among all of the function.
func (p *plan) inputOf(i int) int {
	if p.hasCtx {
		return i + 1
	}
	return i
}
