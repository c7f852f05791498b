package aiomas

import (
	"context"

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
	fr := f.frames.Get().(*callFrame)
	defer f.release(fr)
	if len(args) > len(f.params) && f.variadic == nil {
		return nil, f.tooMany(len(args))
	}
	for n, v := range args {
		if err := f.bindArg(v, fr, n); err != nil {
			return nil, err
		}
	}
	f.noKwargs(fr)
	for name, v := range kwargs {
		if err := f.bindKwarg(v, fr, []byte(name)); err != nil {
			return nil, err
		}
	}
	if err := f.complete(fr); err != nil {
		return nil, err
	}
	return f.invoke(ctx, fr)
}
