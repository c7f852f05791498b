package codectest

import (
	"fmt"
	"math"
	"reflect"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Same compares decoded values, floats by their bits: a NaN differs from itself,
// and 0.0 is -0.0, for reflect.DeepEqual. (cmp.Diff does not terminate in
// reasonable time on deep nesting.)
func Same(a, b any) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	switch a := a.(type) {
	case nil, bool, int64, uint64, string:
		return a == b
	case float64:
		return math.Float64bits(a) == math.Float64bits(b.(float64))
	case complex128:
		b := b.(complex128)
		return Same(real(a), real(b)) && Same(imag(a), imag(b))
	case Point:
		b := b.(Point)
		return Same(a.X, b.X) && Same(a.Y, b.Y)
	case []any:
		b := b.([]any)
		for i := range a {
			if i >= len(b) || !Same(a[i], b[i]) {
				return false
			}
		}
		return len(a) == len(b)
	case map[string]any:
		b := b.(map[string]any)
		for k := range a {
			if v, ok := b[k]; !ok || !Same(a[k], v) {
				return false
			}
		}
		return len(a) == len(b)
	case map[any]any:
		return sameMap(a, b.(map[any]any))
	case codec.Dict:
		b := b.(codec.Dict)
		for i := range a {
			if i >= len(b) || !Same(a[i].Key, b[i].Key) || !Same(a[i].Value, b[i].Value) {
				return false
			}
		}
		return len(a) == len(b)
	}
	return reflect.DeepEqual(a, b)
}

// sameMap also finds the key NaN.
func sameMap(a, b map[any]any) bool {
	for k, v := range a {
		w, ok := b[k]
		for x := range b {
			if !ok && Same(k, x) {
				ok, w = true, v // a NaN key cannot be looked up
			}
		}
		if !ok || !Same(v, w) {
			return false
		}
	}
	return len(a) == len(b)
}

// Show formats v for an error message.
func Show(v any) string {
	s := fmt.Sprintf("%T %#v", v, v)
	return s[:min(len(s), 300)]
}

// Dict returns a Dict of alternating keys and values.
func Dict(keysAndValues ...any) codec.Dict {
	d := codec.Dict{}
	for i := 0; i < len(keysAndValues); i += 2 {
		d = append(d, codec.Entry{Key: keysAndValues[i], Value: keysAndValues[i+1]})
	}
	return d
}
