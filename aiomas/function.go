package aiomas

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/function"
)

// Kwargs are keyword arguments: of a call, as its last argument, or of an exposed
// function, as its last parameter, which receives those that match no named parameter.
type Kwargs map[string]any

// RawKwargs is like [Kwargs], with values that the exposed function decodes itself.
type RawKwargs map[string]codec.Value

// Function is an exposed function. It is immutable and safe for concurrent use.
type Function struct{ fn function.Function }

// Name returns the name under which the function is exposed.
func (f *Function) Name() string { return f.fn.Name() }

// Func returns the Go function.
func (f *Function) Func() any { return f.fn.Func() }

// Call calls f with arguments that another function received and did not decode. So one
// function can select another, for example by its first argument, and pass the rest on.
//
//	r.Expose("run", func(ctx context.Context, name string, kwargs aiomas.RawKwargs, args ...codec.Value) (any, error) {
//		f, err := commands.Resolve(name)
//		if err != nil {
//			return nil, err
//		}
//		return f.Call(ctx, args, kwargs)
//	})
//
// The result is that of f, or a [codec.Tuple] if f has several. The error is that of f,
// or a TypeError with Python's text if the arguments do not fit. Call does not recover
// panics.
func (f *Function) Call(ctx context.Context, args []codec.Value, kwargs RawKwargs) (any, error) {
	bound, err := f.fn.BindValues(args, kwargs)
	if err != nil {
		return nil, wrongCall(err)
	}
	return f.fn.Invoke(ctx, bound)
}

// Invoke calls f with Go values. Each is assigned to its parameter, or converted to its
// type if that is lossless; parameters of type [codec.Value] and [RawKwargs] cannot be
// set. The result and errors are those of Call.
func (f *Function) Invoke(ctx context.Context, args []any, kwargs Kwargs) (any, error) {
	bound, err := f.fn.BindGo(args, kwargs)
	if err != nil {
		return nil, wrongCall(err)
	}
	return f.fn.Invoke(ctx, bound)
}

// wrongCall returns the exception for arguments that could not be bound.
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

// newFunction makes the function that owner exposes as name. method is its Go name if it
// is a method.
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
