package json

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
)

// Measured values are what most large messages consist of: a list and a dict
// of floats are read without a call through an interface for each.

// float reads a float, or an int that a float64 holds exactly.
func (d *decoder) float() (float64, error) {
	if kinds[d.peek()] == codec.KindInt {
		start := d.pos
		n, length := number.Parse(d.data[start:])
		if length > 0 && !n.Is(number.Int) {
			d.pos += length
			return toFloat(n, d.data[start:d.pos])
		}
	}
	var x float64
	err := format.Decode(d, &x)
	return x, err
}

// floats reads a list that the cursor stands on.
func (d *decoder) floats(t *[]float64) error {
	if _, err := d.List(); err != nil {
		return err
	}
	list := []float64{}
	// Lists of up to this length are allocated once, in their size.
	var few [64]float64
	n := 0
	for d.More() {
		x, err := d.float()
		if err != nil {
			return codec.AtIndex(err, len(list)+n)
		}
		if n == len(few) {
			list, n = append(list, few[:]...), 0
		}
		few[n] = x
		n++
	}
	*t = append(list, few[:n]...)
	return nil
}

// floatDict reads a dict that the cursor stands on.
func (d *decoder) floatDict(t *map[string]float64) error {
	s := d.scratch
	if s == nil {
		s = scratches.Get().(*scratch)
		d.scratch = s
		defer func() {
			d.scratch = nil
			s.release()
		}()
	}
	if _, err := d.Dict(); err != nil {
		return err
	}
	base, keyBase := len(s.floats), len(s.keys)
	shape := &s.shapes[d.depth%len(s.shapes)]
	for d.More() {
		key, known := shape.next(d, len(s.keys)-keyBase)
		if !known {
			var err error
			if key, err = d.key(); err != nil {
				return err
			}
			if key == codec.TypeKey {
				return format.CustomMismatch(d, *t)
			}
		}
		x, err := d.float()
		if err != nil {
			return codec.At(err, key)
		}
		s.keys = append(s.keys, key)
		s.floats = append(s.floats, x)
	}
	m := make(map[string]float64, len(s.keys)-keyBase)
	for i, key := range s.keys[keyBase:] {
		m[key] = s.floats[base+i]
	}
	shape.keep(s.keys[keyBase:])
	s.floats = s.floats[:base]
	s.drop(len(s.values), keyBase)
	*t = m
	return nil
}
