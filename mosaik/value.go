package mosaik

import (
	"math/big"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Value is a value of an attribute. The zero Value is None.
//
// It keeps distinctions of Python: between 1, 1.0 and True, NaN, integers of any size, the
// order of a dict. If a Value is put into an [Output], it is sent as it was received.
type Value struct {
	x any // a type of package codec's table; lists and dicts are a codec.Value
}

// ValueOf returns the Value of any value that aiomas can encode.
func ValueOf(x any) Value {
	switch x := x.(type) {
	case Value:
		return x
	case codec.Value:
		if k := x.Kind(); k == codec.KindList || k == codec.KindDict {
			return Value{x}
		}
		if plain, err := x.Any(); err == nil {
			return Value{plain}
		}
	}
	return Value{x}
}

// readValue reads the next value of d.
func readValue(d codec.Decoder) (Value, error) {
	if k := d.Kind(); k == codec.KindList || k == codec.KindDict {
		v, err := codec.NewValue(d)
		return Value{v}, err
	}
	x, err := d.Any()
	return Value{x}, err
}

// IsNone reports whether v is Python's None.
func (v Value) IsNone() bool {
	if c, ok := v.x.(codec.Value); ok {
		return c.Kind() == codec.KindNull
	}
	return v.x == nil
}

// Any returns the value as a type of package codec: int64, float64, string, []any,
// map[string]any …
func (v Value) Any() (any, error) {
	if c, ok := v.x.(codec.Value); ok {
		return c.Any()
	}
	return v.x, nil
}

// Decode decodes the value into the variable that target, a non-nil pointer, points to. It
// is as strict as aiomas: an int can be stored in a float64, but a float not in an int.
func (v Value) Decode(target any) error {
	switch x := v.x.(type) {
	case codec.Value:
		return x.Decode(target)
	case float64:
		if t, ok := target.(*float64); ok {
			*t = x
			return nil
		}
	case string:
		if t, ok := target.(*string); ok {
			*t = x
			return nil
		}
	}
	if t, ok := target.(*Value); ok {
		*t = v
		return nil
	}
	raw, err := codec.Marshal(json.Codec, v.x, nil)
	if err != nil {
		return err
	}
	return codec.Unmarshal(json.Codec, raw, target, nil)
}

// Float returns a number as Python's float() does, True as 1. Other values are a TypeError.
func (v Value) Float() (float64, error) {
	switch x := v.x.(type) {
	case float64:
		return x, nil
	case int64:
		return float64(x), nil
	case uint64:
		return float64(x), nil
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f, nil
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case int:
		return float64(x), nil
	}
	return 0, aiomas.TypeError.Errorf("%s is not a number", v.kind())
}

// Int returns an integer if it fits an int64. A float is a TypeError.
func (v Value) Int() (int64, error) {
	switch x := v.x.(type) {
	case int64:
		return x, nil
	case int:
		return int64(x), nil
	}
	var n int64
	if err := v.Decode(&n); err != nil {
		return 0, aiomas.TypeError.Errorf("%s is not an integer of 64 bits", v.kind())
	}
	return n, nil
}

// kind returns Python's name of the type.
func (v Value) kind() string {
	switch x := v.x.(type) {
	case codec.Value:
		return x.Kind().String()
	case nil:
		return "None"
	case string:
		return "str"
	case float64:
		return "float"
	case bool:
		return "bool"
	}
	return "int"
}
