package base

import (
	"math"
	"math/big"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// decoder is a cursor over a plain value.
type decoder struct {
	base *base
	reg  *codec.Registry
	err  error // of the bytes given to Reset
	open []opened
}

// opened is a container that the cursor has entered: a list, a dict, or a list
// of one element that holds the whole value.
type opened struct {
	list []any
	dict codec.Dict
	next int // for a dict, two per entry
}

func (o *opened) len() int { return len(o.list) + 2*len(o.dict) }

func (o *opened) value() any {
	switch {
	case o.dict == nil:
		return o.list[o.next]
	case o.next%2 == 0:
		return o.dict[o.next/2].Key
	}
	return o.dict[o.next/2].Value
}

func (d *decoder) Codec() codec.Codec        { return d.base }
func (d *decoder) Registry() *codec.Registry { return d.reg }

// Reset parses raw, which has been parsed before.
func (d *decoder) Reset(raw []byte, reg *codec.Registry) {
	d.reg, d.err = reg, nil
	clear(d.open)
	d.open = d.open[:0]
	if raw == nil {
		return // drop the state of the last value
	}
	v, err := d.base.parsePlain(raw, noLimits)
	if d.err = err; err == nil {
		d.open = append(d.open, opened{list: []any{v}})
	}
}

// noLimits are for data that was parsed within limits before.
var noLimits = codec.Limits{Depth: math.MaxInt, Elements: math.MaxInt, Size: math.MaxInt64}

// peek returns the next value.
func (d *decoder) peek() (any, bool) {
	if len(d.open) == 0 {
		return nil, false
	}
	top := &d.open[len(d.open)-1]
	if top.next >= top.len() {
		return nil, false
	}
	return top.value(), true
}

func kindOf(v any) codec.Kind {
	switch v.(type) {
	case nil:
		return codec.KindNull
	case bool:
		return codec.KindBool
	case float64:
		return codec.KindFloat
	case string:
		return codec.KindString
	case []byte:
		return codec.KindBytes
	case []any:
		return codec.KindList
	case codec.Dict:
		return codec.KindDict
	}
	return codec.KindInt
}

func (d *decoder) Kind() codec.Kind {
	v, ok := d.peek()
	if !ok {
		return codec.KindInvalid
	}
	return kindOf(v)
}

// take consumes the next value, which must be of kind k; KindInvalid means any
// kind.
func (d *decoder) take(k codec.Kind) (any, error) {
	v, ok := d.peek()
	switch {
	case d.err != nil:
		return nil, d.err
	case !ok:
		return nil, codec.NewDecodeError("no more values")
	case k != codec.KindInvalid && kindOf(v) != k:
		return nil, codec.NewDecodeError("expected %v, got %v", k, kindOf(v))
	}
	d.open[len(d.open)-1].next++
	return v, nil
}

func (d *decoder) Null() error {
	_, err := d.take(codec.KindNull)
	return err
}

func (d *decoder) Bool() (bool, error) {
	v, err := d.take(codec.KindBool)
	b, _ := v.(bool)
	return b, err
}

func (d *decoder) Int64() (int64, error) {
	v, err := d.take(codec.KindInt)
	n, ok := v.(int64)
	if err == nil && !ok {
		err = codec.NewDecodeError("int %d does not fit int64", v)
	}
	return n, err
}

func (d *decoder) Uint64() (uint64, error) {
	v, err := d.take(codec.KindInt)
	if err != nil {
		return 0, err
	}
	switch n := v.(type) {
	case uint64:
		return n, nil
	case int64:
		if n >= 0 {
			return uint64(n), nil
		}
	}
	return 0, codec.NewDecodeError("int %d does not fit uint64", v)
}

func (d *decoder) BigInt() (*big.Int, error) {
	v, err := d.take(codec.KindInt)
	if err != nil {
		return nil, err
	}
	switch n := v.(type) {
	case int64:
		return big.NewInt(n), nil
	case uint64:
		return new(big.Int).SetUint64(n), nil
	}
	return new(big.Int).Set(v.(*big.Int)), nil
}

func (d *decoder) Float64() (float64, error) {
	v, err := d.take(codec.KindFloat)
	x, _ := v.(float64)
	return x, err
}

func (d *decoder) Str() (string, error) {
	v, err := d.take(codec.KindString)
	s, _ := v.(string)
	return s, err
}

func (d *decoder) StrBytes() ([]byte, error) {
	s, err := d.Str()
	return []byte(s), err
}

func (d *decoder) Bytes() ([]byte, error) {
	v, err := d.take(codec.KindBytes)
	b, _ := v.([]byte)
	return append([]byte{}, b...), err
}

func (d *decoder) List() (int, error) {
	v, err := d.take(codec.KindList)
	if err != nil {
		return 0, err
	}
	list := v.([]any)
	d.open = append(d.open, opened{list: list})
	return len(list), nil
}

func (d *decoder) Dict() (int, error) {
	v, err := d.take(codec.KindDict)
	if err != nil {
		return 0, err
	}
	dict := v.(codec.Dict)
	d.open = append(d.open, opened{dict: dict})
	return len(dict), nil
}

func (d *decoder) More() bool {
	if _, ok := d.peek(); ok {
		return true
	}
	if n := len(d.open) - 1; n > 0 {
		d.open[n] = opened{}
		d.open = d.open[:n]
	}
	return false
}

func (d *decoder) Skip() error {
	_, err := d.take(codec.KindInvalid)
	return err
}

// Raw encodes the value again: a format does not report the positions of its parts.
func (d *decoder) Raw() ([]byte, error) {
	v, err := d.take(codec.KindInvalid)
	if err != nil {
		return nil, err
	}
	b, err := d.base.append(nil, v)
	if err != nil {
		return nil, &codec.DecodeError{Offset: -1, Reason: "the value cannot be kept", Err: err}
	}
	return b, nil
}

func (d *decoder) Any() (any, error) {
	switch v, _ := d.peek(); v := v.(type) {
	case []any:
		return d.base.walk.ReadOrdered(d)
	case codec.Dict:
		x, err := d.base.walk.ReadOrdered(d)
		if _, custom := v.Get(codec.TypeKey); err != nil || custom || d.reg.Decoding().Ordered {
			return x, err
		}
		return natural(x.(codec.Dict)), nil
	case []byte:
		return d.Bytes()
	case *big.Int:
		return d.BigInt()
	}
	return d.take(codec.KindInvalid)
}

// natural returns the dict as the natural Go type of package codec.
func natural(dict codec.Dict) any {
	text := make(map[string]any, len(dict))
	for _, e := range dict {
		if key, ok := e.Key.(string); ok {
			text[key] = e.Value
		}
	}
	if len(text) == len(dict) {
		return text
	}
	m := make(map[any]any, len(dict))
	for _, e := range dict {
		if e.Key != nil && !reflect.ValueOf(e.Key).Comparable() {
			return dict
		}
		m[e.Key] = e.Value
	}
	return m
}

func (d *decoder) Decode(target any) error {
	if d.err != nil {
		return d.err
	}
	return d.base.walk.Decode(d, target)
}
