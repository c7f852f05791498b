// Package function calls Go functions with arguments that are still encoded. A
// function's signature is planned once ([New]); a call binds the encoded
// arguments to the parameters by that plan ([Function.Bind]) and then calls the
// function ([Function.Invoke]).
//
// Calls follow Python's rules for positional arguments, keyword arguments and
// defaults, and errors for wrong ones ([WrongCall]) have Python's texts. The
// package does not deal with connections or paths.
package function

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Function is a Go function that can be called with encoded arguments. It is
// immutable and safe for concurrent use.
//
// It is small, so that it fits into one cache line together with its path. State
// common to functions of the same type is in their plan.
type Function struct {
	fn any
	*plan
	*label
}

type label struct {
	name   string
	method string
	tag    any
}

// Options configure how a function can be called.
type Options struct {
	// Params are the names of the parameters, in order, without a leading
	// context, a variadic parameter, keyword arguments and a keyword struct.
	// nil: they have no names and cannot be passed by keyword.
	Params []string

	// Defaults make the last of the named parameters optional. All calls share
	// the values.
	Defaults map[string]any

	// KeywordStruct means that the last parameter is a struct whose fields are
	// keyword-only arguments. KeywordDefaults has at most one struct of this type, the
	// initial value of the parameter.
	KeywordStruct   bool
	KeywordDefaults []any

	// Method is the name in Go if the function is a method. Python then counts
	// self among the arguments.
	Method string

	// Tag is kept for the caller; see [Function.Tag].
	Tag any

	// Kwargs and RawKwargs are the types of a last parameter that takes the
	// keyword arguments no parameter is named for: decoded, as a
	// map[string]any, and still encoded, as a map[string]codec.Value. The types
	// must have these underlying types.
	Kwargs, RawKwargs reflect.Type
}

// method is a method with its receiver. Reflection calls it directly; a func made from
// it would need another call.
type method struct{ v reflect.Value }

// New plans the function fn, whose name in messages is name. A method of a value can be
// given as a [reflect.Value]. It returns an error if no call could ever succeed.
func New(name string, fn any, o Options) (Function, error) {
	v, isMethod := fn.(reflect.Value)
	if isMethod {
		fn = &method{v}
	} else {
		v = reflect.ValueOf(fn)
	}
	if v.Kind() != reflect.Func || v.IsNil() {
		return Function{}, fmt.Errorf("%T is not a function", fn)
	}
	p, err := planOf(v.Type(), &o)
	if err != nil {
		return Function{}, err
	}
	return Function{fn: fn, plan: p, label: &label{name: name, method: o.Method, tag: o.Tag}}, nil
}

// Name returns the name that New was given.
func (f *Function) Name() string { return f.name }

// Method returns the Go name of a method, and "" for other functions.
func (f *Function) Method() string { return f.method }

// Tag returns [Options].Tag.
func (f *Function) Tag() any { return f.tag }

// TakesContext reports whether the function takes the context of Invoke.
func (f *Function) TakesContext() bool { return f.hasCtx }

// Func returns the Go function.
func (f *Function) Func() any {
	if m, ok := f.fn.(*method); ok {
		return m.v.Interface()
	}
	return f.fn
}

func (f *Function) value() reflect.Value {
	if m, ok := f.fn.(*method); ok {
		return m.v
	}
	return reflect.ValueOf(f.fn)
}

// Invoke calls the function with arguments from Bind, and returns its result:
// nil for no result, a codec.Tuple for several. The error is that of the
// function. Each Arguments can be used once. Panics are not recovered.
func (f *Function) Invoke(ctx context.Context, a *Arguments) (any, error) {
	defer f.release(a)
	if f.hasCtx {
		a.call = append(a.call, reflect.ValueOf(ctx))
	}
	a.call = append(a.call, a.values...)
	var out []reflect.Value
	if f.variadic != nil {
		out = f.value().CallSlice(a.call)
	} else {
		out = f.value().Call(a.call)
	}
	if f.hasErr {
		last := len(out) - 1
		if err, _ := reflect.TypeAssert[error](out[last]); err != nil {
			return nil, err
		}
		out = out[:last]
	}
	switch len(out) {
	case 0:
		return nil, nil
	case 1:
		return out[0].Interface(), nil
	}
	results := make(codec.Tuple, len(out))
	for i, v := range out {
		results[i] = v.Interface()
	}
	return results, nil
}
