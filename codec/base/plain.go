package base

import (
	"bytes"
	"cmp"
	"math"
	"math/big"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// checker converts the result of a format's Parse to a plain value, within the
// limits.
type checker struct {
	lim  codec.Limits
	left int // values
}

func (c *checker) int(v any) (int64, error) {
	v, err := c.plain(v, 1)
	n, ok := v.(int64)
	if err == nil && !ok {
		err = codec.NewDecodeError("expected an int of 64 bits")
	}
	return n, err
}

// plain returns v as [Format].Append takes it. Lists and dicts are changed in place.
func (c *checker) plain(v any, depth int) (any, error) {
	if c.left--; c.left < 0 {
		return nil, codec.NewDecodeError("more than %d values", c.lim.Elements)
	}
	switch v := v.(type) {
	case nil, bool, float64, string, []byte, int64:
		return v, nil
	case float32:
		return float64(v), nil
	case []any:
		return c.list(v, depth)
	case codec.Dict:
		return c.dict(v, depth)
	case map[string]any:
		d := make(codec.Dict, 0, len(v))
		for k, x := range v {
			d = append(d, codec.Entry{Key: k, Value: x})
		}
		return c.dict(d, depth)
	case map[any]any:
		d := make(codec.Dict, 0, len(v))
		for k, x := range v {
			d = append(d, codec.Entry{Key: k, Value: x})
		}
		return c.dict(d, depth)
	}
	if n, ok := plainInt(v); ok {
		return n, nil
	}
	return nil, codec.NewDecodeError("a %T is not a plain value", v)
}

func (c *checker) list(list []any, depth int) (_ any, err error) {
	if depth >= c.lim.Depth {
		return nil, codec.NewDecodeError("nested deeper than %d", c.lim.Depth)
	}
	for i, x := range list {
		if list[i], err = c.plain(x, depth+1); err != nil {
			return nil, codec.AtIndex(err, i)
		}
	}
	return list, nil
}

func (c *checker) dict(d codec.Dict, depth int) (_ any, err error) {
	if depth >= c.lim.Depth {
		return nil, codec.NewDecodeError("nested deeper than %d", c.lim.Depth)
	}
	for i := range d {
		if d[i].Key, err = c.plain(d[i].Key, depth+1); err != nil {
			return nil, codec.At(err, "key")
		}
		if d[i].Value, err = c.plain(d[i].Value, depth+1); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// plainInt returns an int of any Go type as the first of int64, uint64 and *big.Int
// that can hold it.
func plainInt(v any) (any, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case uint:
		return plainInt(uint64(v))
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v), true
		}
		return v, true
	case big.Int:
		return plainInt(&v)
	case *big.Int:
		switch {
		case v == nil:
			return nil, true
		case v.IsInt64():
			return v.Int64(), true
		case v.IsUint64():
			return v.Uint64(), true
		}
		return v, true
	}
	return nil, false
}

// compareKeys compares keys that sink.KeyBytes has made.
func (c *base) compareKeys(a, b []byte) int {
	x, _ := c.parsePlain(a, noLimits) // already checked
	y, _ := c.parsePlain(b, noLimits)
	return compare(x, y)
}

// compare orders plain values, so that values equal in Python are adjacent.
func compare(a, b any) int {
	x, y := kindOf(a), kindOf(b)
	if x, y := max(x, codec.KindFloat), max(y, codec.KindFloat); x != y { // all kinds of numbers rank the same
		return cmp.Compare(x, y)
	}
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case []any:
		b := b.([]any)
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.CompareFunc(a, b, compare))
	case codec.Dict:
		b := b.(codec.Dict)
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.CompareFunc(a, b, func(x, y codec.Entry) int {
			return cmp.Or(compare(x.Key, y.Key), compare(x.Value, y.Value))
		}))
	}
	if x == codec.KindNull || y == codec.KindNull {
		return cmp.Compare(x, y)
	}
	return walk.CompareNumbers(a, b)
}
