package msgpack

import (
	"encoding/binary"
	"math"
)

// appendFloats writes m if it has the keys of sh and only floats: first all keys, then the floats
// between them.
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

// appendFloatMap is appendFloats for another type of map.
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

// fillAny writes the floats of m into text, a copy of the text of a shape. It returns false if a value
// is missing or is not a float.
func fillAny(text []byte, keys []shapeKey, m map[string]any) bool {
	for i := range keys {
		x, ok := m[keys[i].name].(float64)
		if !ok {
			return false
		}
		putFloat(text, keys[i].end, x)
	}
	return true
}

// fillFloats is fillAny for another type of map.
func fillFloats(text []byte, keys []shapeKey, m map[string]float64) bool {
	for i := range keys {
		x, ok := m[keys[i].name]
		if !ok {
			return false
		}
		putFloat(text, keys[i].end, x)
	}
	return true
}

// putFloat writes a float after the key that ends at end. Since end has 32 bits, at cannot overflow, and
// one bounds check is enough.
func putFloat(text []byte, end uint32, x float64) {
	at := uint(end) + 1
	binary.BigEndian.PutUint64(text[at:at+8], math.Float64bits(x))
}
