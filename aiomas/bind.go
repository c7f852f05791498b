package aiomas

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// callFrame holds the arguments of one call while they are decoded and passed.
// Frames are pooled with their function: reflect.New for each parameter of each
// call would be most of what a small call allocates.
type callFrame struct {
	args []reflect.Value // addressable, one for each parameter of fn without context
	ptrs []any           // pointers to args, to decode into
	set  []bool          // which of Function.params and then Function.keywords were passed
	call []reflect.Value // what is passed to fn
}

// framePools are the pools of frames, by the type of the function and the number
// of things that can be passed to it. A pool for each function would be a cold
// one for each of thousands: with 100,000, called in no order, it halved the
// calls per second.
var framePools sync.Map // frameKey → *sync.Pool

type frameKey struct {
	fn     reflect.Type
	params int
}

func framesOf(p *plan, t reflect.Type) *sync.Pool {
	key := frameKey{t, len(p.params) + len(p.keywords)}
	if pool, ok := framePools.Load(key); ok {
		return pool.(*sync.Pool)
	}
	in := p.in // not p, which the pool would keep alive
	pool, _ := framePools.LoadOrStore(key, &sync.Pool{New: func() any { return newFrame(in, key.params) }})
	return pool.(*sync.Pool)
}

func newFrame(in []reflect.Type, params int) *callFrame {
	fr := &callFrame{
		args: make([]reflect.Value, len(in)),
		ptrs: make([]any, len(in)),
		set:  make([]bool, params),
		call: make([]reflect.Value, 0, len(in)+1),
	}
	for i, t := range in {
		p := reflect.New(t)
		fr.args[i], fr.ptrs[i] = p.Elem(), p.Interface()
	}
	return fr
}

// release forgets the arguments, so that a pooled frame keeps nothing alive.
func (f *Function) release(fr *callFrame) {
	for _, a := range fr.args {
		a.SetZero()
	}
	clear(fr.set)
	clear(fr.call)
	fr.call = fr.call[:0]
	f.frames.Put(fr)
}

// bind decodes the args list and the kwargs dict that follow in d. A wrong call
// is a TypeError in Python's words, a request of another shape a *DecodeError.
func (f *Function) bind(d codec.Decoder, fr *callFrame) error {
	if !d.More() {
		return codec.NewDecodeError("no args")
	}
	given, err := f.bindArgs(d, fr)
	if err != nil {
		return err
	}
	if !d.More() {
		return codec.NewDecodeError("no kwargs")
	}
	if err := f.bindKwargs(d, fr); err != nil {
		return err
	}
	if d.More() {
		return codec.NewDecodeError("more than three elements")
	}
	return f.complete(fr, given)
}

func (f *Function) bindArgs(d codec.Decoder, fr *callFrame) (n int, err error) {
	if _, err := d.List(); err != nil {
		return 0, err
	}
	for ; d.More(); n++ {
		if n >= len(f.params) && f.variadic == nil {
			if err := d.Skip(); err != nil { // counted, and refused later
				return 0, err
			}
			continue
		}
		if err := f.bindArg(d, fr, n); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// source is where an argument comes from: a decoder that stands on it, or a
// codec.Value that holds it.
type source interface {
	Decode(target any) error
	Any() (any, error)
}

// bindArg takes the positional argument n.
func (f *Function) bindArg(src source, fr *callFrame, n int) error {
	if n < len(f.params) {
		fr.set[n] = true
		return f.decode(src, fr.ptrs[n], f.argument(n))
	}
	v := reflect.New(f.variadic)
	if err := f.decode(src, v.Interface(), fmt.Sprintf("'args[%d]'", n-len(f.params))); err != nil {
		return err
	}
	rest := fr.args[len(fr.args)-1]
	rest.Set(reflect.Append(rest, v.Elem()))
	return nil
}

func (f *Function) bindKwargs(d codec.Decoder, fr *callFrame) error {
	if _, err := d.Dict(); err != nil {
		return err
	}
	f.prepare(fr)
	for d.More() {
		key, err := d.StrBytes()
		if err != nil {
			return TypeError.Errorf("%s() keywords must be strings", f.name)
		}
		if err := f.bindKwarg(d, fr, key); err != nil {
			return err
		}
	}
	return nil
}

// prepare gives the function an empty map of keyword arguments rather than none,
// and the defaults of a keyword struct.
func (f *Function) prepare(fr *callFrame) {
	if f.prefill.IsValid() {
		fr.args[len(fr.args)-1].Set(f.prefill)
	}
	if f.kwargsAt < 0 {
		return
	}
	switch m := fr.ptrs[f.kwargsAt].(type) {
	case *Kwargs:
		*m = Kwargs{}
	case *RawKwargs:
		*m = RawKwargs{}
	}
}

// bindKwarg takes the argument that was passed with the keyword key.
func (f *Function) bindKwarg(src source, fr *callFrame, key []byte) error {
	if i := f.paramNamed(key); i >= 0 {
		if fr.set[i] {
			return TypeError.Errorf("%s() got multiple values for argument '%s'", f.name, f.params[i].name)
		}
		fr.set[i] = true
		return f.decode(src, fr.ptrs[i], f.argument(i))
	}
	if i := keywordNamed(f.keywords, key); i >= 0 {
		k := &f.keywords[i]
		fr.set[len(f.params)+i] = true
		field := fieldIn(fr.args[len(fr.args)-1], k.field)
		return f.decode(src, field.Addr().Interface(), quoted(k.name))
	}
	name := string(key)
	if f.kwargsAt < 0 {
		return f.unexpected(name)
	}
	switch m := fr.ptrs[f.kwargsAt].(type) {
	case *Kwargs:
		v, err := src.Any()
		if err != nil {
			return f.unfit(err, quoted(name))
		}
		(*m)[name] = v
	case *RawKwargs:
		var v codec.Value
		if err := f.decode(src, &v, quoted(name)); err != nil {
			return err
		}
		(*m)[name] = v
	}
	return nil
}

// fieldIn returns the field of v at index. Structs that are embedded as pointers on
// the way are made, or copied if they are there: they may be shared.
func fieldIn(v reflect.Value, index []int) reflect.Value {
	for i, n := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			p := reflect.New(v.Type().Elem())
			if !v.IsNil() {
				p.Elem().Set(v.Elem())
			}
			v.Set(p)
			v = p.Elem()
		}
		v = v.Field(n)
	}
	return v
}

// complete fills in defaults and complains, in Python's order, of what is too much
// and what is missing; given is the number of positional arguments.
func (f *Function) complete(fr *callFrame, given int) error {
	if given > len(f.params) && f.variadic == nil {
		return f.tooMany(given, fr.set[len(f.params):])
	}
	var missing []string
	for i, p := range f.params {
		switch {
		case fr.set[i]:
		case p.required:
			missing = append(missing, p.name)
		case p.def.IsValid():
			fr.args[i].Set(p.def)
		}
	}
	if missing != nil {
		return f.missing(missing, "positional")
	}
	for i, k := range f.keywords {
		if k.required && !fr.set[len(f.params)+i] {
			missing = append(missing, k.name)
		}
	}
	if missing != nil {
		return f.missing(missing, "keyword-only")
	}
	return nil
}

// invoke calls the function with the bound arguments.
func (f *Function) invoke(ctx context.Context, fr *callFrame) (any, error) {
	if f.hasCtx {
		fr.call = append(fr.call, reflect.ValueOf(ctx))
	}
	fr.call = append(fr.call, fr.args...)
	var out []reflect.Value
	if f.variadic != nil {
		out = reflect.ValueOf(f.fn).CallSlice(fr.call)
	} else {
		out = reflect.ValueOf(f.fn).Call(fr.call)
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

func (f *Function) decode(src source, target any, name string) error {
	if err := src.Decode(target); err != nil {
		return f.unfit(err, name)
	}
	return nil
}

func (f *Function) paramNamed(key []byte) int {
	if !f.named {
		return -1
	}
	return keywordNamed(f.params, key)
}

func keywordNamed(params []param, key []byte) int {
	for i := range params {
		if params[i].name == string(key) {
			return i
		}
	}
	return -1
}

const maxEcho = 256

// shorten bounds how much of a peer's text is echoed.
func shorten(s string) string {
	if len(s) > maxEcho {
		return strings.ToValidUTF8(s[:maxEcho], "") + "…"
	}
	return s
}
