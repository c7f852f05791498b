package function

import (
	"errors"
	"fmt"
	"reflect"
)

func (o *Options) isKwargs(t reflect.Type) bool {
	return t == o.Kwargs || t == o.RawKwargs
}

// checkSignature returns an error if no call of functions of type t could ever
// succeed. params are the types of their positional parameters.
func (o *Options) checkSignature(t reflect.Type, params []reflect.Type) error {
	for i, p := range params {
		switch {
		case p == contextType:
			return fmt.Errorf("parameter %d is a context, which must come first", i+1)
		case o.isKwargs(p), p.Kind() == reflect.Pointer && o.isKwargs(p.Elem()):
			return fmt.Errorf("parameter %d is a %v: keyword arguments must be a single parameter of type Kwargs, the last one", i+1, p)
		}
		if err := checkTravels(p); err != nil {
			return fmt.Errorf("parameter %d is a %v: %w", i+1, p, err)
		}
	}
	if n := t.NumIn() - 1; t.IsVariadic() {
		if rest := t.In(n).Elem(); o.isKwargs(rest) {
			return fmt.Errorf("the variadic parameter is of %v: keyword arguments must be a single parameter of type Kwargs, the last one before it", rest)
		} else if err := checkTravels(rest); err != nil {
			return fmt.Errorf("the variadic parameter is of %v: %w", rest, err)
		}
	}
	for i := range t.NumOut() {
		out := t.Out(i)
		switch last := i == t.NumOut()-1; {
		case out == errorType && last:
			continue
		case out == errorType:
			return fmt.Errorf("result %d is an error, which must come last", i+1)
		case out.Implements(errorType):
			return fmt.Errorf("result %d is a %v, which is an error: declare it as error, and last", i+1, out)
		}
		if err := checkTravels(out); err != nil {
			return fmt.Errorf("result %d is a %v: %w", i+1, out, err)
		}
	}
	return nil
}

var (
	errChannel  = errors.New("a channel cannot be encoded: return a list, or call a *aiomas.Proxy of the peer's for each value")
	errFunction = errors.New("a function cannot be encoded: take a *aiomas.Proxy, or return a service that the peer calls")
)

// checkTravels returns an error for types that no codec can encode. A named
// type may be a custom type, which can be encoded.
func checkTravels(t reflect.Type) error {
	for t.Name() == "" {
		switch t.Kind() {
		case reflect.Chan:
			return errChannel
		case reflect.Func:
			return errFunction
		case reflect.Map:
			if err := checkTravels(t.Key()); err != nil {
				return err
			}
		case reflect.Pointer, reflect.Slice, reflect.Array:
		default:
			return nil
		}
		t = t.Elem()
	}
	return nil
}
