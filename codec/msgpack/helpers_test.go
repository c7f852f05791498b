package msgpack_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
)

// proxy stands for the proxy of a connection.
type proxy struct{ Path string }

// proxyObject carries a proxy as its path, as a connection's does.
var proxyObject = codec.ObjectSerializer{
	Source: func(t reflect.Type) bool { return t == reflect.TypeFor[proxy]() },
	Target: reflect.TypeFor[proxy](),
	Encode: func(_, v any) (any, error) { return v.(proxy).Path, nil },
	Decode: func(_ any, d codec.Decoder) (any, error) {
		path, err := d.Str()
		return proxy{path}, err
	},
}

// same compares natural values, floats by their bits. (cmp.Diff takes for ever
// on deep nesting, and a NaN differs from itself.)
func same(a, b any) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	switch a := a.(type) {
	case float64:
		return math.Float64bits(a) == math.Float64bits(b.(float64))
	case complex128:
		b := b.(complex128)
		return same(real(a), real(b)) && same(imag(a), imag(b))
	case []any:
		b := b.([]any)
		for i := range a {
			if i >= len(b) || !same(a[i], b[i]) {
				return false
			}
		}
		return len(a) == len(b)
	case map[string]any:
		b := b.(map[string]any)
		for k := range a {
			if v, ok := b[k]; !ok || !same(a[k], v) {
				return false
			}
		}
		return len(a) == len(b)
	case map[any]any:
		return sameMap(a, b.(map[any]any))
	case codec.Dict:
		b := b.(codec.Dict)
		for i := range a {
			if i >= len(b) || !same(a[i].Key, b[i].Key) || !same(a[i].Value, b[i].Value) {
				return false
			}
		}
		return len(a) == len(b)
	case Point:
		b := b.(Point)
		return same(a.X, b.X) && same(a.Y, b.Y)
	}
	return reflect.DeepEqual(a, b)
}

// sameMap also finds the key NaN.
func sameMap(a, b map[any]any) bool {
	for k, v := range a {
		w, ok := b[k]
		for x := range b {
			if !ok && same(k, x) {
				ok, w = true, v // the value of such a key cannot be looked up
			}
		}
		if !ok || !same(v, w) {
			return false
		}
	}
	return len(a) == len(b)
}

func show(v any) string {
	s := fmt.Sprintf("%T %#v", v, v)
	return s[:min(len(s), 300)]
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// dict makes a Dict of keys and values by turns.
func dict(keysAndValues ...any) codec.Dict {
	d := codec.Dict{}
	for i := 0; i < len(keysAndValues); i += 2 {
		d = append(d, codec.Entry{Key: keysAndValues[i], Value: keysAndValues[i+1]})
	}
	return d
}
