package aiomas

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Kwargs are keyword arguments: of a call, as its last argument, and of an
// exposed function, as its last parameter, which then takes those that no
// parameter is named for.
type Kwargs map[string]any

// RawKwargs are [Kwargs] that an exposed function decodes later.
type RawKwargs map[string]codec.Value

// Function is an exposed function. It is immutable and safe for concurrent use.
//
// It is small, and what functions have in common is elsewhere: see planOf. What
// only messages need is, too: see route.
type Function struct {
	fn any
	*plan
	*label
}

type label struct {
	name   string
	method string // its name in Go, if it is one of an object
}

// plan is what a call of a function follows: its signature, read once. It is
// immutable.
type plan struct {
	hasCtx   bool
	hasErr   bool
	named    bool          // params have names that a peer may use
	kwargsAt int           // index in in of the Kwargs or RawKwargs parameter, or -1
	params   []param       // what can be passed, without context, variadic and keyword-only ones
	keywords []param       // keyword-only parameters: the fields of a final struct
	prefill  reflect.Value // what that struct is before; invalid: zero
	variadic reflect.Type  // element type; nil: none

	in     []reflect.Type // the parameters of the function, without context
	frames *sync.Pool     // *callFrame, shared by all functions of its type
}

// param is one parameter. For keyword-only ones, field is the struct's field.
type param struct {
	name     string
	typ      reflect.Type
	required bool
	def      reflect.Value // used when not passed, if valid; else zero
	field    []int
}

// Name returns the name that the function was exposed under.
func (f *Function) Name() string { return f.name }

// Func returns the Go function.
func (f *Function) Func() any { return f.fn }

// ExposeOption says more about an exposed function.
type ExposeOption func(*exposure)

type exposure struct {
	names    []string
	hasNames bool
	defaults Kwargs
	keywords bool
	prefill  []any // of KeywordStruct
	name     string
	renamed  bool
}

// Name sets the name under which [Router.ExposeMethod] exposes a method, for what
// is not written in snake_case in Python, or is a word of the language there:
// get_P, getName, import_.
//
//	m.router.ExposeMethod("GetP", aiomas.Name("get_P"))
func Name(name string) ExposeOption {
	return func(e *exposure) { e.name, e.renamed = name, true }
}

// Params names the parameters of an exposed function in their order, without a
// leading context, a variadic parameter and a final Kwargs or keyword struct, so
// that peers can pass them by keyword. Go does not know the names of
// parameters at run time.
func Params(names ...string) ExposeOption {
	return func(e *exposure) { e.names, e.hasNames = names, true }
}

// Defaults makes the last of the named parameters optional. All calls share the
// values: a function must not change a slice or map that it may have got as a
// default, as in Python.
//
//	math.Expose("add", add, aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 0}))
func Defaults(defaults Kwargs) ExposeOption {
	return func(e *exposure) { e.defaults = defaults }
}

var (
	contextType   = reflect.TypeFor[context.Context]()
	errorType     = reflect.TypeFor[error]()
	kwargsType    = reflect.TypeFor[Kwargs]()
	rawKwargsType = reflect.TypeFor[RawKwargs]()
)

// newFunction plans fn, which is a method if its name in Go is given.
func newFunction(name string, fn any, opts []ExposeOption, method string) (*Function, error) {
	var e exposure
	for _, o := range opts {
		o(&e)
	}
	if e.renamed {
		if method == "" {
			return nil, fmt.Errorf("aiomas: cannot expose %q: Name(%q) is for methods", name, e.name)
		}
		name = e.name
	}
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil, fmt.Errorf("aiomas: cannot expose %q: %T is not a function", name, fn)
	}
	p, err := planOf(v.Type(), &e)
	if err != nil {
		return nil, fmt.Errorf("aiomas: cannot expose %q: %w", name, err)
	}
	return &Function{fn: fn, plan: p, label: &label{name: name, method: method}}, nil
}

// plans are those of functions without defaults, which is all that two plans of
// one planKey could differ in. With 100,000 functions of one type, called in no
// order, a plan for each was most of what the calls waited for memory.
var plans sync.Map // planKey → *plan

type planKey struct {
	fn       reflect.Type
	names    string // each behind its length
	named    bool
	keywords bool
}

// planOf returns the plan for functions of type t that are exposed like that.
func planOf(t reflect.Type, e *exposure) (*plan, error) {
	if len(e.defaults) > 0 || len(e.prefill) > 0 {
		return newPlan(t, e)
	}
	key := planKey{fn: t, named: e.hasNames, keywords: e.keywords}
	for _, n := range e.names {
		key.names += fmt.Sprintf("%d %s", len(n), n)
	}
	if p, ok := plans.Load(key); ok {
		return p.(*plan), nil
	}
	p, err := newPlan(t, e)
	if err != nil {
		return nil, err
	}
	kept, _ := plans.LoadOrStore(key, p)
	return kept.(*plan), nil
}

// newPlan reads the signature t.
func newPlan(t reflect.Type, e *exposure) (*plan, error) {
	p := new(plan)
	var types []reflect.Type
	for i := range t.NumIn() {
		types = append(types, t.In(i))
	}
	if len(types) > 0 && types[0] == contextType {
		p.hasCtx = true
		types = types[1:]
	}
	p.in, p.kwargsAt = types, -1
	if n := len(types) - 1; t.IsVariadic() {
		p.variadic = types[n].Elem()
		types = types[:n]
	}
	if n := len(types) - 1; n >= 0 && isKwargs(types[n]) {
		p.kwargsAt = n
		types = types[:n]
	}
	if e.keywords {
		if err := p.addKeywords(types, e.prefill); err != nil {
			return nil, fmt.Errorf("KeywordStruct: %w", err)
		}
		types = types[:len(types)-1]
	}
	if err := checkSignature(t, types); err != nil {
		return nil, err
	}
	if err := p.addParams(types, e); err != nil {
		return nil, err
	}
	p.hasErr = t.NumOut() > 0 && t.Out(t.NumOut()-1) == errorType
	p.frames = framesOf(p, t)
	return p, nil
}

func (p *plan) addParams(types []reflect.Type, e *exposure) error {
	p.named = e.hasNames
	if e.hasNames && len(e.names) != len(types) {
		return fmt.Errorf("Params names %d parameters, the function has %d", len(e.names), len(types))
	}
	seen := map[string]bool{}
	for _, k := range p.keywords {
		seen[k.name] = true
	}
	optional := false
	for i, t := range types {
		a := param{typ: t, required: true}
		if e.hasNames {
			a.name = e.names[i]
			if a.name == "" || seen[a.name] {
				return fmt.Errorf("parameter %d cannot be named %q", i, a.name)
			}
			seen[a.name] = true
			if def, ok := e.defaults[a.name]; ok {
				v, err := defaultValue(def, t)
				if err != nil {
					return fmt.Errorf("default of %q: %w", a.name, err)
				}
				a.required, a.def, optional = false, v, true
			} else if optional {
				return fmt.Errorf("parameter %q without a default follows one with a default", a.name)
			}
		}
		p.params = append(p.params, a)
	}
	for name := range e.defaults {
		if !seen[name] || !e.hasNames {
			return fmt.Errorf("default of %q: Params names no such parameter", name)
		}
	}
	return nil
}

// defaultValue converts def to t where that loses nothing.
func defaultValue(def any, t reflect.Type) (reflect.Value, error) {
	if def == nil {
		switch t.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Func:
			return reflect.Zero(t), nil
		}
		return reflect.Value{}, fmt.Errorf("nil does not fit %v", t)
	}
	v := reflect.ValueOf(def)
	if v.Type().AssignableTo(t) {
		out := reflect.New(t).Elem()
		out.Set(v)
		return out, nil
	}
	if v.CanConvert(t) && t.Kind() != reflect.String {
		if out := v.Convert(t); out.CanConvert(v.Type()) && negative(out) == negative(v) {
			if back := out.Convert(v.Type()); back.Comparable() && back.Equal(v) {
				return out, nil
			}
		}
	}
	return reflect.Value{}, fmt.Errorf("%v (%T) does not fit %v", def, def, t)
}

func negative(v reflect.Value) bool {
	return v.CanInt() && v.Int() < 0 || v.CanFloat() && v.Float() < 0
}
