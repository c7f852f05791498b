package json

import (
	"bytes"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
)

// Large messages mostly consist of floats: lists and dicts of floats are read
// without an interface call per element.

// float reads a float, or an int that a float64 holds exactly.
func (d *decoder) float() (float64, error) {
	if kinds[d.peek()] == codec.KindInt {
		start := d.pos
		n, length := number.Parse(d.data[start:])
		switch {
		case length == 0: // -Infinity
		case !n.Is(number.Int):
			d.pos += length
			return toFloat(n, d.data[start:d.pos])
		case !n.Is(number.Long) && n.Digits <= 1<<53:
			d.pos += length
			x := float64(n.Digits)
			if n.Is(number.Neg) && x != 0 { // an int has no -0
				x = -x
			}
			return x, nil
		}
	}
	var x float64
	err := format.Decode(d, &x)
	return x, err
}

// floats reads the list at the cursor.
func (d *decoder) floats(t *[]float64) error {
	if d.Lease() != nil {
		return d.lentFloats(t)
	}
	if _, err := d.List(); err != nil {
		return err
	}
	list := []float64{}
	// Lists of up to this length are allocated once, in their final size.
	var few [64]float64
	n, first := 0, d.pos
	for d.More() {
		x, err := d.float()
		if err != nil {
			return codec.AtIndex(err, len(list)+n)
		}
		if n == len(few) {
			list, n = extend(d, list, few[:], first), 0
		}
		few[n] = x
		n++
	}
	*t = trim(append(list, few[:n]...))
	return nil
}

// lentFloats reads the list at the cursor into memory of the lease. The elements are
// counted first, since memory of the lease cannot grow.
func (d *decoder) lentFloats(t *[]float64) error {
	if _, err := d.List(); err != nil {
		return err
	}
	end := bytes.IndexByte(d.data[d.pos:], ']')
	if end < 0 {
		return d.malformed()
	}
	list := d.Floats(bytes.Count(d.data[d.pos:d.pos+end], []byte{','}) + 1)
	n := 0
	for ; d.More(); n++ {
		x, err := d.float()
		if err != nil {
			return codec.AtIndex(err, n)
		}
		if n == len(list) { // never after a scan
			return d.malformed()
		}
		list[n] = x
	}
	*t = list[:n]
	return nil
}

// floatDict reads the dict at the cursor.
func (d *decoder) floatDict(t *map[string]float64) error {
	if d.HoldKeys() {
		defer d.ReleaseKeys()
	}
	if _, err := d.Dict(); err != nil {
		return err
	}
	shape := d.shape()
	m := make(map[string]float64, shape.expect(d))
	n := 0
	for ; d.More(); n++ {
		key, err := d.key(shape, n)
		if err != nil {
			return err
		}
		if key == codec.TypeKey {
			return format.CustomMismatch(d, *t)
		}
		x, err := d.float()
		if err != nil {
			return codec.At(err, key)
		}
		m[key] = x
	}
	shape.size = n
	*t = m
	return nil
}

// floatFields implements Floats of walk.Format, for dicts with the separators
// that Python writes. Without it, decoding an agent's state into structs took 1.6
// times as long.
func floatFields(from codec.Decoder, keys [][]byte, list []float64) int {
	d := from.(*decoder)
	for i, key := range keys {
		b := d.data[d.pos:]
		if len(b) >= 2 && b[0] == ',' && b[1] == ' ' {
			b = b[2:]
		}
		if len(b) < len(key) || string(b[:len(key)]) != string(key) {
			return i
		}
		b = b[len(key):]
		n, length := number.Parse(b)
		if length == 0 || n.Is(number.Int) {
			return i
		}
		x, err := toFloat(n, b[:length])
		if err != nil {
			return i
		}
		list[i] = x
		d.pos = len(d.data) - len(b) + length
	}
	return len(keys)
}
