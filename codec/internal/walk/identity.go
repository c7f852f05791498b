package walk

import (
	"math"
	"strconv"
)

// compound is the identity of bytes and tuples.
type compound string

// identity returns a comparable Go value for a decoded key, which is the same
// for keys that are equal in Python. It returns false for a key that equals no
// other, such as NaN, or whose equality only its type defines, as for custom
// types.
func identity(key any) (any, bool) {
	switch key := key.(type) {
	case nil, int64, uint64, string:
		return key, true
	case bool:
		return number(key), true
	case float64:
		switch {
		case key != key:
			return nil, false
		case key != math.Trunc(key) || key < -1<<63 || key >= 1<<64:
			return key, true
		case key < 1<<63:
			return int64(key), true
		}
		return uint64(key), true
	case []byte, []any:
		b, ok := appendIdentity(nil, key)
		return compound(b), ok
	}
	return nil, false
}

// appendIdentity appends a text that identifies key.
func appendIdentity(b []byte, key any) ([]byte, bool) {
	switch key := key.(type) {
	case []byte:
		return append(append(strconv.AppendInt(append(b, 'b'), int64(len(key)), 10), ' '), key...), true
	case []any:
		b = append(strconv.AppendInt(append(b, 't'), int64(len(key)), 10), ' ')
		for _, x := range key {
			var ok bool
			if b, ok = appendIdentity(b, x); !ok {
				return b, false
			}
		}
		return b, true
	}
	id, ok := identity(key)
	switch id := id.(type) {
	case nil:
		b = append(b, 'n')
	case int64:
		b = append(strconv.AppendInt(append(b, 'i'), id, 10), ' ')
	case uint64:
		b = append(strconv.AppendUint(append(b, 'i'), id, 10), ' ')
	case float64:
		b = append(strconv.AppendUint(append(b, 'f'), math.Float64bits(id), 16), ' ')
	case string:
		b = append(append(strconv.AppendInt(append(b, 's'), int64(len(id)), 10), ' '), id...)
	}
	return b, ok
}
