package function

import (
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// BindValues is Bind for arguments that were received by another function and not
// decoded. The error is a *[WrongCall].
func (f *Function) BindValues(args []codec.Value, kwargs map[string]codec.Value) (*Arguments, error) {
	return bindSources(f, args, kwargs)
}

// BindGo is Bind for Go values. Each is assigned to its parameter, or converted to
// its type if that is lossless; a codec.Value parameter cannot be set from a Go
// value. The error is a *[WrongCall].
func (f *Function) BindGo(args []any, kwargs map[string]any) (*Arguments, error) {
	values := make([]goValue, len(args))
	for i, v := range args {
		values[i] = goValue{v}
	}
	named := make(map[string]goValue, len(kwargs))
	for name, v := range kwargs {
		named[name] = goValue{v}
	}
	return bindSources(f, values, named)
}

// goValue is an argument that needs no decoding.
type goValue struct{ v any }

func (g goValue) Any() (any, error) { return g.v, nil }

func (g goValue) Decode(target any) error {
	t := reflect.ValueOf(target).Elem()
	v, err := convert(g.v, t.Type())
	if err == nil {
		t.Set(v)
	}
	return err
}

func bindSources[S source](f *Function, args []S, kwargs map[string]S) (*Arguments, error) {
	a := f.frames.Get().(*Arguments)
	if err := fill(f, a, args, kwargs); err != nil {
		f.release(a)
		return nil, err
	}
	return a, nil
}

func fill[S source](f *Function, a *Arguments, args []S, kwargs map[string]S) error {
	for n, v := range args {
		if !f.takes(n) {
			break // complete refuses it
		}
		if err := f.bindPositional(v, a, n); err != nil {
			return err
		}
	}
	f.prepare(a)
	for name, v := range kwargs {
		if err := f.bindKeyword(v, a, []byte(name)); err != nil {
			return err
		}
	}
	return f.complete(a, len(args))
}
