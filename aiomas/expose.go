package aiomas

import "github.com/aiomas-go/aiomas-go/internal/function"

// ExposeOption says more about an exposed function.
type ExposeOption func(*exposure)

type exposure struct {
	options function.Options
	name    string
	renamed bool

	concurrent bool // see Concurrent
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
	return func(e *exposure) { e.options.Params = append([]string{}, names...) } // not nil
}

// Defaults makes the last of the named parameters optional. All calls share the
// values: a function must not change a slice or map that it may have got as a
// default, as in Python.
//
//	math.Expose("add", add, aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 0}))
func Defaults(defaults Kwargs) ExposeOption {
	return func(e *exposure) { e.options.Defaults = defaults }
}

// KeywordStruct says that the last parameter, a struct, takes keyword-only
// arguments: each exported field is one, named like a field on the wire (tag
// `aiomas:"name"`, else snake_case), those of embedded structs included. A field
// tagged `aiomas:"name,required"` must be passed. The others are as in defaults, a
// struct of the same type, or else zero. All calls share the maps and slices of
// defaults, as with [Defaults].
//
//	func plan(ctx context.Context, opts Options) error { … }
//
//	r.Expose("plan", plan, aiomas.KeywordStruct(Options{Horizon: 24}))
func KeywordStruct(defaults ...any) ExposeOption {
	return func(e *exposure) { e.options.KeywordStruct, e.options.KeywordDefaults = true, defaults }
}
