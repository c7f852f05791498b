package msgpack

import (
	"encoding/binary"
	"math"
)

// appendFloats writes m if it has the keys of sh and nothing but floats: all
// keys at once, then the floats in between.
func (sh *shape) appendFloats(b []byte, m map[string]any) ([]byte, bool) {
	if len(m) != len(sh.keys) {
		return b, false
	}
	start := len(b)
	b = append(b, sh.text...)
	if !fillAny(b[start:], sh.keys, m) {
		return b[:start], false
	}
	return b, true
}

// appendFloatMap does the same for another type of map.
func (sh *shape) appendFloatMap(b []byte, m map[string]float64) ([]byte, bool) {
	if len(m) != len(sh.keys) {
		return b, false
	}
	start := len(b)
	b = append(b, sh.text...)
	if !fillFloats(b[start:], sh.keys, m) {
		return b[:start], false
	}
	return b, true
}

// fillAny writes the floats of m into text, a copy of a shape's. Looking them
// up is most of what encoding takes; by eight at a time, the loop around it is
// half as long.
func fillAny(text []byte, keys []shapeKey, m map[string]any) bool {
	for ; len(keys) >= 8; keys = keys[8:] {
		k := (*[8]shapeKey)(keys)
		x, ok := m[k[0].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[0].end, x)
		x, ok = m[k[1].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[1].end, x)
		x, ok = m[k[2].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[2].end, x)
		x, ok = m[k[3].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[3].end, x)
		x, ok = m[k[4].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[4].end, x)
		x, ok = m[k[5].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[5].end, x)
		x, ok = m[k[6].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[6].end, x)
		x, ok = m[k[7].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, k[7].end, x)
	}
	for i := range keys {
		x, ok := m[keys[i].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, keys[i].end, x)
	}
	return true
}

// fillFloats does the same for another type of map.
func fillFloats(text []byte, keys []shapeKey, m map[string]float64) bool {
	for ; len(keys) >= 8; keys = keys[8:] {
		k := (*[8]shapeKey)(keys)
		x, ok := m[k[0].name]
		if !ok {
			return false
		}
		putFloat(text, k[0].end, x)
		x, ok = m[k[1].name]
		if !ok {
			return false
		}
		putFloat(text, k[1].end, x)
		x, ok = m[k[2].name]
		if !ok {
			return false
		}
		putFloat(text, k[2].end, x)
		x, ok = m[k[3].name]
		if !ok {
			return false
		}
		putFloat(text, k[3].end, x)
		x, ok = m[k[4].name]
		if !ok {
			return false
		}
		putFloat(text, k[4].end, x)
		x, ok = m[k[5].name]
		if !ok {
			return false
		}
		putFloat(text, k[5].end, x)
		x, ok = m[k[6].name]
		if !ok {
			return false
		}
		putFloat(text, k[6].end, x)
		x, ok = m[k[7].name]
		if !ok {
			return false
		}
		putFloat(text, k[7].end, x)
	}
	for i := range keys {
		x, ok := m[keys[i].name]
		if !ok {
			return false
		}
		putFloat(text, keys[i].end, x)
	}
	return true
}

// putFloat writes a float behind the key that ends there. An end of 32 bits
// cannot overflow, so one check of the bounds is enough.
func putFloat(text []byte, end uint32, x float64) {
	at := uint(end) + 1
	binary.BigEndian.PutUint64(text[at:at+8], math.Float64bits(x))
}
