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

// Method is a method of a value, to be given to [New]. Reflection calls it as a function
// whose first argument is the receiver: without the lookup of the method and the allocation
// of a method value's call.
type Method struct {
	receiver, bound, code reflect.Value
	direct                directly
}

// MethodOf returns the method of object with this name; ok is false if there is none.
func MethodOf(object any, name string) (m *Method, ok bool) {
	if object == nil {
		return nil, false
	}
	v := reflect.ValueOf(object)
	found, ok := v.Type().MethodByName(name)
	if !ok {
		return nil, false
	}
	return &Method{receiver: v, bound: v.Method(found.Index), code: found.Func, direct: directlyOf(v, found.Func)}, true
}

// New plans the function fn, a func or a *[Method], whose name in messages is name. It
// returns an error if no call could ever succeed.
func New(name string, fn any, o Options) (Function, error) {
	v := reflect.ValueOf(fn)
	if m, ok := fn.(*Method); ok {
		v = m.bound
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
	if m, ok := f.fn.(*Method); ok {
		return m.bound.Interface()
	}
	return f.fn
}

// Invoke calls the function with arguments from Bind, and returns its result:
// nil for no result, a codec.Tuple for several. The error is that of the
// function. Each Arguments can be used once. Panics are not recovered.
func (f *Function) Invoke(ctx context.Context, a *Arguments) (any, error) {
	called, err := f.invokeDirect(ctx, a)
	if !called {
		return f.invokeReflected(ctx, a)
	}
	var result any
	if err == nil {
		result = a.takeResult()
	}
	f.release(a)
	return result, err
}

// Result is a result that may be in the memory of its Arguments.
type Result struct {
	Value any

	f *Function
	a *Arguments // with the value; nil: it has memory of its own
}

// Free ends the use of Value, which nobody may have kept.
func (r Result) Free() {
	if r.a != nil {
		r.f.release(r.a)
	}
}

// InvokeLent is Invoke for a result that is only encoded, by a codec that keeps nothing of
// it, and then freed. So a small result needs no allocation.
func (f *Function) InvokeLent(ctx context.Context, a *Arguments) (Result, error) {
	if a.lent == nil {
		v, err := f.Invoke(ctx, a)
		return Result{Value: v}, err
	}
	called, err := f.invokeDirect(ctx, a)
	switch {
	case !called:
		v, err := f.invokeReflected(ctx, a)
		return Result{Value: v}, err
	case err != nil:
		f.release(a)
		return Result{}, err
	}
	return Result{a.lent, f, a}, nil
}

func (f *Function) invokeReflected(ctx context.Context, a *Arguments) (any, error) {
	defer f.release(a)
	var v reflect.Value
	if m, ok := f.fn.(*Method); ok {
		v = m.code
		a.call = append(a.call, m.receiver)
	} else {
		v = reflect.ValueOf(f.fn)
	}
	if f.hasCtx {
		a.call = append(a.call, reflect.ValueOf(ctx))
	}
	a.call = append(a.call, a.values...)
	var out []reflect.Value
	if f.variadic != nil {
		out = v.CallSlice(a.call)
	} else {
		out = v.Call(a.call)
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
