package aiomas

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/function"
)

// Kwargs are keyword arguments: of a call, as its last argument, and of an
// exposed function, as its last parameter, which then takes those that no
// parameter is named for.
type Kwargs map[string]any

// RawKwargs are [Kwargs] that an exposed function decodes later.
type RawKwargs map[string]codec.Value

// Function is an exposed function. It is immutable and safe for concurrent use.
type Function struct{ fn function.Function }

// Name returns the name that the function was exposed under.
func (f *Function) Name() string { return f.fn.Name() }

// Func returns the Go function.
func (f *Function) Func() any { return f.fn.Func() }

// Call calls f with arguments that arrived for another function and were not
// decoded. That is how a function can choose, for example by its first argument,
// which other one gets the rest.
//
//	r.Expose("run", func(ctx context.Context, name string, kwargs aiomas.RawKwargs, args ...codec.Value) (any, error) {
//		f, err := commands.Resolve(name)
//		if err != nil {
//			return nil, err
//		}
//		return f.Call(ctx, args, kwargs)
//	})
//
// The result is what f returned, several results as a [codec.Tuple]. The error
// is that of f, or a TypeError in Python's words when the arguments do not fit.
// Call recovers no panic.
func (f *Function) Call(ctx context.Context, args []codec.Value, kwargs RawKwargs) (any, error) {
	bound, err := f.fn.BindValues(args, kwargs)
	if err != nil {
		return nil, wrongCall(err)
	}
	return f.fn.Invoke(ctx, bound)
}

// Invoke calls f with Go values instead of those of a message. Each is assigned to
// its parameter, or converted to its type where that loses nothing; a parameter of
// type [codec.Value] or [RawKwargs] cannot be given. Result and errors are those of
// Call.
func (f *Function) Invoke(ctx context.Context, args []any, kwargs Kwargs) (any, error) {
	bound, err := f.fn.BindGo(args, kwargs)
	if err != nil {
		return nil, wrongCall(err)
	}
	return f.fn.Invoke(ctx, bound)
}

// wrongCall returns what a peer gets when the arguments of its call could not be
// bound.
func wrongCall(err error) error {
	w := (*function.WrongCall)(nil)
	if !errors.As(err, &w) {
		return badContent(err)
	}
	if w.Err != nil {
		return TypeError.Errorf("%s: %w", w.Text, w.Err)
	}
	ex := TypeError.New(w.Text)
	if w.Hint != "" {
		ex.Err = &hint{w.Hint}
	}
	return ex
}

// newFunction makes the function that is exposed by owner as name. method is its name
// in Go if it is a method.
func newFunction(owner *Router, name string, fn any, opts []ExposeOption, method string) (*Function, error) {
	e := exposure{options: function.Options{
		Method:    method,
		Kwargs:    reflect.TypeFor[Kwargs](),
		RawKwargs: reflect.TypeFor[RawKwargs](),
	}}
	for _, o := range opts {
		o(&e)
	}
	e.options.Tag = &exposed{owner, e.concurrent}
	if e.renamed {
		if method == "" {
			return nil, fmt.Errorf("aiomas: cannot expose %q: Name(%q) is for methods", name, e.name)
		}
		name = e.name
	}
	f, err := function.New(name, fn, e.options)
	if err != nil {
		return nil, fmt.Errorf("aiomas: cannot expose %q: %w", name, err)
	}
	return &Function{f}, nil
}
