package aiomas

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
)

// callFrame holds the arguments of one call while they are decoded and passed.
// Frames are pooled with their function: reflect.New for each parameter of each
// call would be most of what a small call allocates.
type callFrame struct {
	ctx  reflect.Value
	args []reflect.Value // addressable, one for each parameter of fn without context
	ptrs []any           // pointers to args, to decode into
	set  []bool          // which of Function.params and then Function.keywords were passed
	call []reflect.Value // what is passed to fn
}

func (f *Function) newFrame() *callFrame {
	fr := &callFrame{
		args: make([]reflect.Value, len(f.in)),
		ptrs: make([]any, len(f.in)),
		set:  make([]bool, len(f.params)+len(f.keywords)),
		call: make([]reflect.Value, 0, len(f.in)+1),
	}
	for i, t := range f.in {
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
	if given > len(f.params) && f.variadic == nil {
		return f.tooMany(given)
	}
	return f.complete(fr)
}

func (f *Function) bindArgs(d codec.Decoder, fr *callFrame) (n int, err error) {
	if _, err := d.List(); err != nil {
		return 0, err
	}
	for ; d.More(); n++ {
		switch {
		case n < len(f.params):
			if err := f.decode(d, fr.ptrs[n], f.params[n].name); err != nil {
				return 0, err
			}
			fr.set[n] = true
		case f.variadic != nil:
			v := reflect.New(f.variadic)
			if err := f.decode(d, v.Interface(), fmt.Sprintf("args[%d]", n-len(f.params))); err != nil {
				return 0, err
			}
			rest := fr.args[len(fr.args)-1]
			rest.Set(reflect.Append(rest, v.Elem()))
		default:
			if err := d.Skip(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (f *Function) bindKwargs(d codec.Decoder, fr *callFrame) error {
	if _, err := d.Dict(); err != nil {
		return err
	}
	if f.kwargsAt >= 0 {
		*fr.ptrs[f.kwargsAt].(*Kwargs) = Kwargs{}
	}
	for d.More() {
		key, err := d.StrBytes()
		if err != nil {
			return TypeError.Errorf("%s() keywords must be strings", f.name)
		}
		if i := f.paramNamed(key); i >= 0 {
			if fr.set[i] {
				return TypeError.Errorf("%s() got multiple values for argument '%s'", f.name, f.params[i].name)
			}
			if err := f.decode(d, fr.ptrs[i], f.params[i].name); err != nil {
				return err
			}
			fr.set[i] = true
			continue
		}
		if i := keywordNamed(f.keywords, key); i >= 0 {
			k := &f.keywords[i]
			target := fr.args[len(fr.args)-1].FieldByIndex(k.field).Addr().Interface()
			if err := f.decode(d, target, k.name); err != nil {
				return err
			}
			fr.set[len(f.params)+i] = true
			continue
		}
		name := string(key)
		if f.kwargsAt < 0 {
			return TypeError.Errorf("%s() got an unexpected keyword argument '%s'", f.name, shorten(name))
		}
		v, err := d.Any()
		if err != nil {
			return f.unfit(err, name)
		}
		(*fr.ptrs[f.kwargsAt].(*Kwargs))[name] = v
	}
	return nil
}

// complete fills in defaults and complains of what is missing.
func (f *Function) complete(fr *callFrame) error {
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
		out = f.fn.CallSlice(fr.call)
	} else {
		out = f.fn.Call(fr.call)
	}
	if f.hasErr {
		last := len(out) - 1
		if err, _ := out[last].Interface().(error); err != nil {
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

func (f *Function) decode(d codec.Decoder, target any, name string) error {
	if err := d.Decode(target); err != nil {
		return f.unfit(err, name)
	}
	return nil
}

func (f *Function) unfit(err error, name string) error {
	return TypeError.Errorf("%s() argument '%s': %w", f.name, shorten(name), err)
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

func (f *Function) tooMany(given int) error {
	least, most := 0, len(f.params)
	for _, p := range f.params {
		if p.required {
			least++
		}
	}
	if f.method { // Python counts self
		least, most, given = least+1, most+1, given+1
	}
	takes, were := fmt.Sprint(most), "were"
	if least != most {
		takes = fmt.Sprintf("from %d to %d", least, most)
	}
	if given == 1 {
		were = "was"
	}
	s := "s"
	if most == 1 && least == most {
		s = ""
	}
	return TypeError.Errorf("%s() takes %s positional argument%s but %d %s given", f.name, takes, s, given, were)
}

func (f *Function) missing(names []string, what string) error {
	for i, n := range names {
		names[i] = "'" + n + "'"
	}
	n := len(names)
	list, s := names[0], ""
	switch {
	case n == 2:
		list, s = names[0]+" and "+names[1], "s"
	case n > 2:
		list, s = strings.Join(names[:n-1], ", ")+", and "+names[n-1], "s"
	}
	return TypeError.Errorf("%s() missing %d required %s argument%s: %s", f.name, n, what, s, list)
}

const maxEcho = 256

// shorten bounds how much of a peer's text is echoed.
func shorten(s string) string {
	if len(s) > maxEcho {
		return strings.ToValidUTF8(s[:maxEcho], "") + "…"
	}
	return s
}
