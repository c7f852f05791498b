package aiomas

import "github.com/aiomas-go/aiomas-go/internal/function"

// ExposeOption is an option of [Router.Expose].
type ExposeOption func(*exposure)

type exposure struct {
	options function.Options
	name    string
	renamed bool

	concurrent bool // see Concurrent
}

// Name sets the name under which [Router.ExposeMethod] exposes a method, for names that
// are not in snake_case in Python, or are keywords there: get_P, getName, import_.
//
//	m.router.ExposeMethod("GetP", aiomas.Name("get_P"))
func Name(name string) ExposeOption {
	return func(e *exposure) { e.name, e.renamed = name, true }
}

// Params names the parameters of an exposed function, in order, so that peers can pass
// them by keyword; Go does not have the names of parameters at run time. A leading
// context, a variadic parameter and a final Kwargs or keyword struct are not named.
func Params(names ...string) ExposeOption {
	return func(e *exposure) { e.options.Params = append([]string{}, names...) } // not nil
}

// Defaults makes the last ones of the named parameters optional. All calls share the
// values: as in Python, a function must not modify a slice or map that may be a default.
//
//	math.Expose("add", add, aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 0}))
func Defaults(defaults Kwargs) ExposeOption {
	return func(e *exposure) { e.options.Defaults = defaults }
}

// KeywordStruct makes the last parameter, a struct, take keyword-only arguments, one for
// each exported field, including those of embedded structs. Fields are named as on the
// wire: by the tag `aiomas:"name"`, else in snake_case. A field tagged
// `aiomas:"name,required"` must be passed; others default to those of defaults, a struct
// of the same type, or to zero. All calls share the maps and slices of defaults, as with
// [Defaults].
//
//	func plan(ctx context.Context, opts Options) error { … }
//
//	r.Expose("plan", plan, aiomas.KeywordStruct(Options{Horizon: 24}))
func KeywordStruct(defaults ...any) ExposeOption {
	return func(e *exposure) { e.options.KeywordStruct, e.options.KeywordDefaults = true, defaults }
}
