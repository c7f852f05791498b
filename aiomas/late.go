package aiomas

import (
	"context"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Call calls f with arguments that arrived for another function and were not
// decoded: that is how a function can choose, by its first argument say, which
// other one shall have the rest.
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
	return callLate(ctx, f, args, kwargs)
}

// Invoke calls f with Go values instead of those of a message. Each is assigned to
// its parameter, or converted to its type where that loses nothing; a parameter of
// type [codec.Value] or [RawKwargs] cannot be given. Result and errors are those of
// Call.
func (f *Function) Invoke(ctx context.Context, args []any, kwargs Kwargs) (any, error) {
	values := make([]goValue, len(args))
	for i, v := range args {
		values[i] = goValue{v}
	}
	named := make(map[string]goValue, len(kwargs))
	for name, v := range kwargs {
		named[name] = goValue{v}
	}
	return callLate(ctx, f, values, named)
}

// goValue is an argument that needs no decoding.
type goValue struct{ v any }

func (g goValue) Any() (any, error) { return g.v, nil }

func (g goValue) Decode(target any) error {
	t := reflect.ValueOf(target).Elem()
	v, err := defaultValue(g.v, t.Type())
	if err == nil {
		t.Set(v)
	}
	return err
}

func callLate[V source](ctx context.Context, f *Function, args []V, kwargs map[string]V) (any, error) {
	fr := f.frames.Get().(*callFrame)
	defer f.release(fr)
	for n, v := range args {
		if n >= len(f.params) && f.variadic == nil {
			break // refused later, as in bind
		}
		if err := f.bindArg(v, fr, n); err != nil {
			return nil, err
		}
	}
	f.prepare(fr)
	for name, v := range kwargs {
		if err := f.bindKwarg(v, fr, []byte(name)); err != nil {
			return nil, err
		}
	}
	if err := f.complete(fr, len(args)); err != nil {
		return nil, err
	}
	return f.invoke(ctx, fr)
}
