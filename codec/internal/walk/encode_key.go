package walk

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// CheckKey returns an error if key is the one that marks custom types: a Python
// peer would decode the dict as a custom type.
func CheckKey(key string) error {
	if key == codec.TypeKey {
		return codec.NewEncodeError("the dict key %q marks a custom type and cannot be a user's own", codec.TypeKey)
	}
	return nil
}

// EncodeKey writes a dict key of any type.
func (f *Format) EncodeKey(s Sink, i int, key any) error {
	k, err := f.keyOf(s, key)
	if err != nil {
		return err
	}
	return writeKey(s, i, k)
}

func writeKey(s Sink, i int, key any) error {
	switch key := key.(type) {
	case string:
		if err := CheckKey(key); err != nil {
			return err
		}
		return s.KeyStr(i, key)
	case rawKey:
		s.RawKey(i, key)
		return nil
	}
	return s.Key(i, key)
}

// rawKey is a key that is encoded.
type rawKey []byte

// keyOf converts a key to a plain one: nil, a bool, int64, uint64, *big.Int,
// float64 or string; or to a rawKey.
func (f *Format) keyOf(s Sink, key any) (any, error) {
	switch key := key.(type) {
	case nil, bool, int64, uint64, float64, string:
		return key, nil
	case int:
		return int64(key), nil
	}
	v := reflect.ValueOf(key)
	return f.encoders.of(v.Type(), f.makeEncoder).key(s, v)
}

// key converts v to a key in the same form that it has as a value.
func (e *encoder) key(s Sink, v reflect.Value) (any, error) {
	if e.custom {
		if _, ok := s.Registry().Lookup(e.typ); ok {
			return rawKeyOf(s, v)
		}
	}
	switch {
	case e.typ.Kind() == reflect.Pointer:
		return e.f.pointerKey(s, v)
	case e.typ.Kind() == reflect.Interface:
		return e.f.keyOf(s, v.Interface())
	case e.foreign && e.f.KeyText == nil:
		return rawKeyOf(s, v)
	case e.text:
		text, err := marshalText(v)
		return string(text), err
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.String:
		return v.String(), nil
	}
	return rawKeyOf(s, v)
}

func rawKeyOf(s Sink, v reflect.Value) (any, error) {
	b, err := s.KeyBytes(v)
	return rawKey(b), err
}

func (f *Format) pointerKey(s Sink, v reflect.Value) (any, error) {
	for range maxPointers {
		if v.IsNil() {
			return nil, nil
		}
		if !codec.BuiltIn(v.Type()) {
			if _, ok := s.Registry().Lookup(v.Type()); ok {
				return rawKeyOf(s, v)
			}
		}
		if n, ok := reflect.TypeAssert[*big.Int](v); ok {
			return n, nil
		}
		v = v.Elem()
		if k := v.Kind(); k != reflect.Pointer && k != reflect.Interface {
			return f.encoders.of(v.Type(), f.makeEncoder).key(s, v)
		}
	}
	return nil, errCircle()
}

// keyText is a key as a step of an error's path.
func keyText(key any) string {
	if _, raw := key.(rawKey); raw {
		return "[key]"
	}
	return fmt.Sprint(key)
}

// compareKeys orders the keys of a Go map: None, bools, ints, floats and text by
// their values, other keys by the format's CompareKeys.
func (f *Format) compareKeys(a, b any) int {
	if c := cmp.Compare(keyRank(a), keyRank(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case nil:
		return 0
	case string:
		return cmp.Compare(a, b.(string))
	case rawKey:
		return f.CompareKeys(a, b.(rawKey))
	}
	return CompareNumbers(a, b)
}

// The ranks of keys, in order; those between None and text are numbers.
const (
	rankNone = iota
	rankBool
	rankInt
	rankFloat
	rankText
	rankRaw
)

func keyRank(key any) int {
	switch key.(type) {
	case nil:
		return rankNone
	case bool:
		return rankBool
	case float64:
		return rankFloat
	case string:
		return rankText
	case rawKey:
		return rankRaw
	}
	return rankInt
}

// CompareNumbers compares the bools, int64s, uint64s, *big.Ints and float64s as
// Python does, in which True is 1 and 1 is 1.0. NaN is less than all others and
// equal to itself.
func CompareNumbers(a, b any) int {
	a, b = number(a), number(b)
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
		if math.IsNaN(x) {
			return -1
		}
	}
	if y, ok := b.(float64); ok && math.IsNaN(y) {
		return 1
	}
	return exact(a).Cmp(exact(b))
}

// number converts bools and small ints to int64.
func number(x any) any {
	switch n := x.(type) {
	case bool:
		if n {
			return int64(1)
		}
		return int64(0)
	case uint64:
		if n <= math.MaxInt64 {
			return int64(n)
		}
	}
	return x
}

// exact converts a number without rounding.
func exact(x any) *big.Float {
	switch x := x.(type) {
	case int64:
		return new(big.Float).SetInt64(x)
	case uint64:
		return new(big.Float).SetUint64(x)
	case float64:
		return big.NewFloat(x)
	}
	return new(big.Float).SetInt(x.(*big.Int))
}
