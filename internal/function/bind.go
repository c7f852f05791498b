package function

import (
	"fmt"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Bind decodes the arguments of a call: the list of positional ones and the dict of
// keyword arguments that follow in the list that d is in. Arguments are decoded
// straight into values of the parameters' types.
//
// The error is a *[WrongCall] if the call does not fit the function, and a
// *codec.DecodeError if d does not hold such a list and dict, and nothing after
// them.
func (f *Function) Bind(d codec.Decoder) (*Arguments, error) {
	a := f.frames.Get().(*Arguments)
	if err := f.bind(d, a); err != nil {
		f.release(a)
		return nil, err
	}
	return a, nil
}

func (f *Function) bind(d codec.Decoder, a *Arguments) error {
	if !d.More() {
		return codec.NewDecodeError("no args")
	}
	given, err := f.bindList(d, a)
	if err != nil {
		return err
	}
	if !d.More() {
		return codec.NewDecodeError("no kwargs")
	}
	if err := f.bindDict(d, a); err != nil {
		return err
	}
	if d.More() {
		return codec.NewDecodeError("more than three elements")
	}
	return f.complete(a, given)
}

func (f *Function) bindList(d codec.Decoder, a *Arguments) (given int, err error) {
	if _, err := d.List(); err != nil {
		return 0, err
	}
	src := source(d)
	for ; d.More(); given++ {
		if !f.takes(given) {
			if err := d.Skip(); err != nil { // it is counted; complete returns the error
				return 0, err
			}
			continue
		}
		if err := f.bindPositional(src, a, given); err != nil {
			return 0, err
		}
	}
	return given, nil
}

func (f *Function) bindDict(d codec.Decoder, a *Arguments) error {
	if _, err := d.Dict(); err != nil {
		return err
	}
	f.prepare(a)
	for d.More() {
		key, err := d.StrBytes()
		if err != nil {
			return f.wrong("keywords must be strings")
		}
		if err := f.bindKeyword(d, a, key); err != nil {
			return err
		}
	}
	return nil
}

// source provides an argument: a decoder positioned at it, or a value.
type source interface {
	Decode(target any) error
	Any() (any, error)
}

// takes reports whether the function has a parameter for the positional
// argument n.
func (f *Function) takes(n int) bool { return n < f.positional || f.variadic != nil }

// bindPositional binds the positional argument n, for which there is a
// parameter.
func (f *Function) bindPositional(src source, a *Arguments, n int) error {
	if n < f.positional {
		a.set[n] = true
		if err := src.Decode(a.targets[n]); err != nil {
			return f.unfit(err, f.argument(n))
		}
		return nil
	}
	v := reflect.New(f.variadic)
	if err := src.Decode(v.Interface()); err != nil {
		return f.unfit(err, fmt.Sprintf("'args[%d]'", n-f.positional))
	}
	rest := a.values[len(a.values)-1]
	rest.Set(reflect.Append(rest, v.Elem()))
	return nil
}

// bindKeyword binds the argument that was passed with the keyword key.
func (f *Function) bindKeyword(src source, a *Arguments, key []byte) error {
	i := f.named(key)
	if i < 0 {
		return f.bindOther(src, a, string(key))
	}
	var target any
	switch p := &f.params[i]; {
	case i >= f.positional:
		target = fieldAt(a.values[len(a.values)-1], p.field).Addr().Interface()
	case a.set[i]:
		return f.wrong("got multiple values for argument '%s'", p.name)
	default:
		target = a.targets[i]
	}
	a.set[i] = true
	if err := src.Decode(target); err != nil {
		return f.unfit(err, f.argument(i))
	}
	return nil
}

// bindOther binds a keyword argument that matches no parameter.
func (f *Function) bindOther(src source, a *Arguments, name string) error {
	if f.kwargsAt < 0 {
		return f.unexpected(name)
	}
	switch m := a.targets[f.kwargsAt].(type) {
	case *map[string]any:
		v, err := src.Any()
		if err != nil {
			return f.unfit(err, quoted(name))
		}
		(*m)[name] = v
	case *map[string]codec.Value:
		var v codec.Value
		if err := src.Decode(&v); err != nil {
			return f.unfit(err, quoted(name))
		}
		(*m)[name] = v
	}
	return nil
}

// complete sets the defaults of arguments not passed. It returns an error for
// too many or missing arguments, checked in Python's order; given is the number
// of positional arguments.
func (f *Function) complete(a *Arguments, given int) error {
	if !f.takes(given - 1) {
		return f.tooMany(given, a.set[f.positional:])
	}
	complete := true
	for i := range f.params {
		switch p := &f.params[i]; {
		case a.set[i]:
		case p.required:
			complete = false
		case p.def.IsValid():
			a.values[i].Set(p.def)
		}
	}
	if !complete {
		return f.missing(a.set)
	}
	return nil
}
