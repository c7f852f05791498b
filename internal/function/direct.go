package function

import (
	"context"
	"reflect"
	"runtime"
	"strconv"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/codec"
)

// reflect.Value.Call costs several times as much as all else that is done for a small
// call, and allocates. So functions of frequent types are called directly, as functions
// of another type whose parameters and results have the same representation: a map is
// passed like a pointer, a defined type like its underlying type. The table of such types
// is written by gen.go.
//
// A parameter is passed as a value without pointers, so that few types are enough for
// many. The garbage collector does not see the arguments in the caller's frame, but in the
// Arguments, which the caller uses again after the call. Results have pointers where the
// function's results have them.

//go:generate go run gen.go

// direct calls fn, a func whose parameters are of the classes that the table states, with
// the arguments at in. It stores its result at out.
type direct func(fn unsafe.Pointer, in *inputs, out unsafe.Pointer, r returns) error

// inputs are pointers to the arguments of a direct call.
type inputs [4]unsafe.Pointer

// word1 represents parameters of one word, and so on.
type (
	word1 uintptr
	word2 struct{ _, _ uintptr }
	word3 struct{ _, _, _ uintptr }
)

// returns is the class of a function's results. The least bit is set if the last one is
// an error.
type returns uint8

const (
	returnsError returns = 1 << iota
	returnsInt
	returnsFloat   = 2 * returnsInt
	returnsString  = 3 * returnsInt
	returnsBool    = 4 * returnsInt
	returnsPointer = 5 * returnsInt
	returnsSlice   = 6 * returnsInt
	returnsAny     = 7 * returnsInt
)

// classOf returns the class of parameters of type t, 0 if there is none for it.
func classOf(t reflect.Type) byte {
	switch t.Kind() {
	case reflect.Int, reflect.Uint, reflect.Uintptr, reflect.Pointer, reflect.Map:
		return '1'
	case reflect.Int64, reflect.Uint64:
		if strconv.IntSize == 64 {
			return '1'
		}
	case reflect.String, reflect.Interface:
		return '2'
	case reflect.Slice:
		return '3'
	case reflect.Float64:
		return 'F'
	case reflect.Bool:
		return 'B'
	}
	return 0
}

// returnsOf returns the class of the results of a function of type t, and the result that
// is not an error, if there is one.
func returnsOf(t reflect.Type) (r returns, result reflect.Type, ok bool) {
	n := t.NumOut()
	if n > 0 && t.Out(n-1) == errorType {
		r, n = returnsError, n-1
	}
	if n == 0 {
		return r, nil, true
	}
	if n > 1 {
		return 0, nil, false
	}
	result = t.Out(0)
	switch result.Kind() {
	case reflect.Int, reflect.Uint, reflect.Uintptr:
		return r | returnsInt, result, true
	case reflect.Int64, reflect.Uint64:
		return r | returnsInt, result, strconv.IntSize == 64
	case reflect.Float64:
		return r | returnsFloat, result, true
	case reflect.String:
		return r | returnsString, result, true
	case reflect.Bool:
		return r | returnsBool, result, true
	case reflect.Pointer, reflect.Map:
		return r | returnsPointer, result, true
	case reflect.Slice:
		return r | returnsSlice, result, true
	case reflect.Interface:
		return r | returnsAny, result, true
	}
	return 0, nil, false
}

// setDirect sets how functions of type t, and methods that are bound to such functions,
// are called directly, if the table has such types.
func (p *plan) setDirect(t reflect.Type) {
	r, result, ok := returnsOf(t)
	if !ok || t.IsVariadic() || runtime.Compiler != "gc" {
		return
	}
	var list []byte
	for i := range t.NumIn() {
		c := classOf(t.In(i))
		if c == 0 {
			return
		}
		list = append(list, c)
	}
	p.direct, p.directMethod = directs[string(list)], directs["1"+string(list)]
	if p.direct != nil || p.directMethod != nil {
		p.returns, p.result = r, result
	}
}

// slots are pointers to the arguments of direct calls: to a receiver, to a context if the
// function takes one, to the other arguments.
type slots [1 + len(inputs{})]unsafe.Pointer

// method returns the inputs of methods, function those of functions.
func (s *slots) method() *inputs   { return (*inputs)(s[:]) }
func (s *slots) function() *inputs { return (*inputs)(s[1:]) }

// slotsOf returns the slots for the given arguments, a receiver to be set excepted.
func slotsOf(ctx *context.Context, values []reflect.Value) (s slots) {
	rest := s[1:]
	if ctx != nil {
		rest[0], rest = unsafe.Pointer(ctx), rest[1:]
	}
	for i, v := range values[:min(len(values), len(rest))] {
		rest[i] = v.Addr().UnsafePointer()
	}
	return s
}

// invokeDirect calls the function, if that is possible without reflection, and stores its
// result in a.
func (f *Function) invokeDirect(ctx context.Context, a *Arguments) (called bool, err error) {
	m, isMethod := f.fn.(*Method)
	switch {
	case isMethod && f.directMethod != nil && m.direct.pointer != nil:
		a.ctx, a.slots[0] = ctx, unsafe.Pointer(&m.direct.pointer)
		err = f.directMethod(closure(m.direct.code), a.slots.method(), a.out, f.returns)
	case !isMethod && f.direct != nil:
		a.ctx = ctx
		err = f.direct(closure(f.fn), a.slots.function(), a.out, f.returns)
	default:
		return false, nil
	}
	return true, err
}

// closure returns what represents a func, the only word of its value in an interface.
func closure(fn any) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&fn))[1]
}

// lentAt returns the value of v, which is at the given address, without a copy. It returns
// nil for types whose values a codec passes to users' code, which may keep them, and for
// those that need no copy.
func lentAt(v reflect.Value, at unsafe.Pointer) (lent any) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface:
		return nil
	}
	if !codec.BuiltIn(v.Type()) {
		return nil
	}
	lent = v.Interface()
	(*[2]unsafe.Pointer)(unsafe.Pointer(&lent))[1] = at
	return lent
}

// directly is what a direct call of a method needs.
type directly struct {
	pointer unsafe.Pointer // the receiver; nil: not a pointer
	code    any            // the func whose first parameter is the receiver
}

// directlyOf returns that of the method code of receiver.
func directlyOf(receiver, code reflect.Value) directly {
	if receiver.Kind() != reflect.Pointer {
		return directly{}
	}
	return directly{receiver.UnsafePointer(), code.Interface()}
}
