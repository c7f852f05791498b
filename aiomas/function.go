package aiomas

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// Kwargs are keyword arguments: of a call, as its last argument, and of an
// exposed function, as its last parameter, which then takes those that no
// parameter is named for.
type Kwargs map[string]any

// RawKwargs are [Kwargs] that an exposed function decodes later.
type RawKwargs map[string]codec.Value

// Function is an exposed function. It is immutable and safe for concurrent use.
type Function struct {
	name string
	fn   reflect.Value

	method   bool // of an object
	hasCtx   bool
	params   []param      // what can be passed, without context, variadic and keyword-only ones
	variadic reflect.Type // element type; nil: none
	kwargsAt int          // index in in of the Kwargs or RawKwargs parameter, or -1
	keywords []param      // keyword-only parameters: the fields of a final struct
	named    bool         // params have names that a peer may use
	hasErr   bool

	in     []reflect.Type // the parameters of fn, without context
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
func (f *Function) Func() any { return f.fn.Interface() }

// ExposeOption says more about an exposed function.
type ExposeOption func(*exposure)

type exposure struct {
	names    []string
	hasNames bool
	defaults Kwargs
	keywords bool
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

// KeywordStruct says that the last parameter, a struct, takes keyword-only
// arguments: each exported field is one, named like a field on the wire (tag
// `aiomas:"name"`, else snake_case). Fields that are not passed stay zero; a
// field tagged `aiomas:"name,required"` must be passed.
func KeywordStruct() ExposeOption {
	return func(e *exposure) { e.keywords = true }
}

var (
	contextType   = reflect.TypeFor[context.Context]()
	errorType     = reflect.TypeFor[error]()
	kwargsType    = reflect.TypeFor[Kwargs]()
	rawKwargsType = reflect.TypeFor[RawKwargs]()
)

func newFunction(name string, fn any, opts []ExposeOption) (*Function, error) {
	var e exposure
	for _, o := range opts {
		o(&e)
	}
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil, fmt.Errorf("aiomas: cannot expose %q: %T is not a function", name, fn)
	}
	f := &Function{name: name, fn: v}
	if err := f.plan(v.Type(), &e); err != nil {
		return nil, fmt.Errorf("aiomas: cannot expose %q: %w", name, err)
	}
	return f, nil
}

// plan reads the signature once, so that a call only follows it.
func (f *Function) plan(t reflect.Type, e *exposure) error {
	var types []reflect.Type
	for i := range t.NumIn() {
		types = append(types, t.In(i))
	}
	if len(types) > 0 && types[0] == contextType {
		f.hasCtx = true
		types = types[1:]
	}
	f.in, f.kwargsAt = types, -1
	if n := len(types) - 1; t.IsVariadic() {
		f.variadic = types[n].Elem()
		types = types[:n]
	}
	if n := len(types) - 1; n >= 0 {
		switch last := types[n]; {
		case last == kwargsType, last == rawKwargsType:
			f.kwargsAt = n
			types = types[:n]
		case e.keywords && f.variadic == nil:
			if last.Kind() != reflect.Struct {
				return fmt.Errorf("KeywordStruct: the last parameter is a %v, not a struct", last)
			}
			f.keywords = keywordFields(last)
			types = types[:n]
		}
	}
	if e.keywords && f.keywords == nil {
		return fmt.Errorf("KeywordStruct: there is no struct with exported fields as last parameter")
	}
	if err := f.planParams(types, e); err != nil {
		return err
	}
	if n := t.NumOut(); n > 0 && t.Out(n-1) == errorType {
		f.hasErr = true
	}
	f.frames = framesOf(f, t)
	return nil
}

func (f *Function) planParams(types []reflect.Type, e *exposure) error {
	f.named = e.hasNames
	if e.hasNames && len(e.names) != len(types) {
		return fmt.Errorf("Params names %d parameters, the function has %d", len(e.names), len(types))
	}
	seen := map[string]bool{}
	for _, k := range f.keywords {
		seen[k.name] = true
	}
	optional := false
	for i, t := range types {
		if t == contextType {
			return fmt.Errorf("parameter %d is a context, which must come first", i)
		}
		p := param{name: fmt.Sprintf("arg%d", i), typ: t, required: true}
		if e.hasNames {
			p.name = e.names[i]
			if p.name == "" || seen[p.name] {
				return fmt.Errorf("parameter %d cannot be named %q", i, p.name)
			}
			seen[p.name] = true
			if def, ok := e.defaults[p.name]; ok {
				v, err := defaultValue(def, t)
				if err != nil {
					return fmt.Errorf("default of %q: %w", p.name, err)
				}
				p.required, p.def, optional = false, v, true
			} else if optional {
				return fmt.Errorf("parameter %q without a default follows one with a default", p.name)
			}
		}
		f.params = append(f.params, p)
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
	if v.Type().ConvertibleTo(t) && t.Kind() != reflect.String {
		out := v.Convert(t)
		if back := out.Convert(v.Type()); back.Comparable() && back.Equal(v) {
			return out, nil
		}
	}
	return reflect.Value{}, fmt.Errorf("%v (%T) does not fit %v", def, def, t)
}

// keywordFields are the exported fields of a keyword struct.
func keywordFields(t reflect.Type) []param {
	var out []param
	for _, sf := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(sf.Tag.Get("aiomas"), ",")
		if !sf.IsExported() || sf.Anonymous || tag == "-" {
			continue
		}
		if tag == "" {
			tag = snake.Case(sf.Name)
		}
		out = append(out, param{name: tag, typ: sf.Type, required: options == "required", field: sf.Index})
	}
	return out
}
