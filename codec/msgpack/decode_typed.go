package msgpack

import (
	"encoding/binary"
	"math"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Decode itself reads lists and dicts of floats, the most frequent values in
// simulations, three times as fast as package walk. For all other values it
// calls package walk.
func (d *decoder) Decode(target any) error {
	start := d.i
	done := false
	switch t := target.(type) {
	case *any:
		v, err := d.Any()
		*t = v
		return err
	case *[]float64:
		done = d.floats(t)
	case *map[string]float64:
		done = d.floatMap(t)
	}
	if done {
		return nil
	}
	d.i = start
	return format.Decode(d, target)
}

// floats reads a list of floats of 64 bits and ints that a float64 represents
// exactly.
func (d *decoder) floats(t *[]float64) bool {
	n, err := d.container(codec.KindList)
	if err != nil {
		return false
	}
	list := d.Floats(n)
	b, i := d.b, d.i
	for k := range list {
		if len(b)-i >= 9 && b[i] == codeFloat64 {
			list[k] = math.Float64frombits(binary.BigEndian.Uint64(b[i+1 : i+9]))
			i += 9
			continue
		}
		d.i = i
		u, neg, err := d.int()
		x, exact := exactFloat(u, neg)
		if err != nil || !exact {
			return false
		}
		list[k], i = x, d.i
	}
	d.i = i
	*t = list
	return true
}

// exactFloat converts an int to a float. It returns false if the value might be
// rounded.
func exactFloat(u uint64, neg bool) (float64, bool) {
	if neg {
		return float64(int64(u)), int64(u) >= -1<<53
	}
	return float64(u), u <= 1<<53
}

// floatMap reads a dict with str keys and floats of 64 bits.
func (d *decoder) floatMap(t *map[string]float64) bool {
	n, err := d.container(codec.KindDict)
	if err != nil || n > (len(d.b)-d.i)/10 {
		return false
	}
	if d.HoldKeys() {
		defer d.ReleaseKeys()
	}
	m := make(map[string]float64, n)
	shape := d.shape(1)
	for k := range n {
		key, err := d.key(shape, k)
		if err != nil || key == codec.TypeKey {
			return false
		}
		x, ok := d.float()
		if !ok {
			return false
		}
		m[key] = x
	}
	*t = m
	return true
}

// floatFields implements Floats of walk.Format. BenchmarkDecodeTyped/structs shows it.
func floatFields(from codec.Decoder, keys [][]byte, list []float64) int {
	d := from.(*decoder)
	top := len(d.left) - 1
	if top < 0 {
		return 0
	}
	b := d.b[min(d.i, len(d.b)):]
	keys = keys[:min(len(keys), d.left[top])]
	list = list[:len(keys)]
	done := 0
	for k, key := range keys {
		n := len(key)
		if len(b) < n+9 || b[n] != codeFloat64 {
			break
		}
		// Two overlapping loads avoid a call, which saves a tenth of the time.
		if 8 <= n && n <= 16 {
			if binary.LittleEndian.Uint64(b) != binary.LittleEndian.Uint64(key) ||
				binary.LittleEndian.Uint64(b[n-8:]) != binary.LittleEndian.Uint64(key[n-8:]) {
				break
			}
		} else if string(b[:n]) != string(key) {
			break
		}
		list[k] = math.Float64frombits(binary.BigEndian.Uint64(b[n+1 : n+9]))
		b = b[n+9:]
		done++
	}
	d.left[top] -= done
	d.i = len(d.b) - len(b)
	return done
}
