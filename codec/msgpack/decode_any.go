package msgpack

import (
	"encoding/binary"
	"math"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Any recurses, but no deeper than maxDepth.
func (d *decoder) Any() (any, error) {
	if k := d.Kind(); k != codec.KindList && k != codec.KindDict {
		return d.any()
	}
	if d.reg.Decoding().Ordered {
		return format.ReadOrdered(d)
	}
	if !d.HoldKeys() {
		return d.any()
	}
	v, err := d.any()
	d.ReleaseKeys()
	return v, err
}

func (d *decoder) any() (any, error) {
	if d.i >= len(d.b) {
		return nil, truncated(d.i)
	}
	c := d.b[d.i]
	switch {
	case c < codeFixMap || c >= codeNegative:
		d.i++
		return int64(int8(c)), nil
	case c < codeFixArray:
		n := int(c & 0x0f)
		if d.i++; n > (len(d.b)-d.i)/2 {
			return nil, truncated(d.i)
		}
		return d.anyDict(n)
	case c < codeFixStr:
		n := int(c & 0x0f)
		if d.i++; n > len(d.b)-d.i {
			return nil, truncated(d.i)
		}
		return d.anyList(n)
	case c < codeNil:
		return d.Str()
	}
	switch c {
	case codeNil:
		d.i++
		return nil, nil
	case codeFalse:
		d.i++
		return false, nil
	case codeTrue:
		d.i++
		return true, nil
	}
	return d.anyByHead(c)
}

// anyByHead is any for a value whose lead byte c determines only its kind.
func (d *decoder) anyByHead(c byte) (any, error) {
	switch k := heads[c].kind; k {
	case codec.KindInt:
		u, neg, err := d.int()
		if err != nil {
			return nil, err
		}
		if !neg && u > math.MaxInt64 {
			return u, nil
		}
		return int64(u), nil
	case codec.KindFloat:
		return d.Float64()
	case codec.KindString:
		return d.Str()
	case codec.KindBytes:
		if d.Lease() != nil {
			return d.alignedBytes()
		}
		return d.Bytes()
	case codec.KindList, codec.KindDict:
		n, err := d.container(k)
		if err != nil {
			return nil, err
		}
		if k == codec.KindDict {
			return d.anyDict(n)
		}
		return d.anyList(n)
	case codec.KindExt:
		return d.ext()
	}
	return nil, badHead(c, d.i)
}

func (d *decoder) anyList(n int) (any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	list := make([]any, n)
	for k := range list {
		if x, ok := d.float(); ok {
			list[k] = x
			continue
		}
		v, err := d.any()
		if err != nil {
			return nil, codec.AtIndex(err, k)
		}
		list[k] = v
	}
	d.depth--
	return list, nil
}

func (d *decoder) anyDict(n int) (any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	first, shape := d.i, d.shape(0)
	if n > 0 && d.Kind() != codec.KindString {
		return d.anyKeys(nil, first, 0, n)
	}
	m := make(map[string]any, n)
	for k := range n {
		if d.Kind() != codec.KindString {
			return d.anyKeys(m, first, k, n)
		}
		key, err := d.key(shape, k)
		if err != nil {
			return nil, err
		}
		if key == codec.TypeKey {
			return d.custom(n - k - 1)
		}
		if x, ok := d.float(); ok {
			m[key] = x
			continue
		}
		v, err := d.any()
		if err != nil {
			return nil, codec.At(err, key)
		}
		m[key] = v
	}
	d.depth--
	return m, nil
}

// float reads a float of 64 bits if the next value is one.
func (d *decoder) float() (float64, bool) {
	if len(d.b)-d.i < 9 || d.b[d.i] != codeFloat64 {
		return 0, false
	}
	d.i += 9
	return math.Float64frombits(binary.BigEndian.Uint64(d.b[d.i-8 : d.i])), true
}

// enter increments the depth. The caller decrements it at the end of the
// container, but need not do so after an error.
func (d *decoder) enter() error {
	if d.depth++; d.depth > maxDepth {
		return tooDeep(d.i, maxDepth)
	}
	return nil
}

// custom reads the custom type of a dict, whose next value is that of the key
// "__type__", followed by rest pairs. As in Python, the other keys are ignored,
// and the last of several such keys counts.
func (d *decoder) custom(rest int) (any, error) {
	at := d.i
	if rest > 0 {
		if err := d.skipTypes(); err != nil {
			return nil, err
		}
		for range rest {
			is := atTypeKey(d.b, d.i)
			if err := d.Skip(); err != nil {
				return nil, err
			}
			if is {
				at = d.i
			}
			if err := d.Skip(); err != nil {
				return nil, err
			}
		}
	}
	end := d.i
	d.i = at
	v, err := format.ReadCustom(d)
	if err != nil {
		return nil, err
	}
	if rest > 0 {
		d.i = end
	}
	d.depth--
	return v, nil
}
