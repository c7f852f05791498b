package json_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Custom types, the twins of those of the captures.
type (
	Point   struct{ X, Y any }
	Arrow   string
	Refuses struct{}
	Proxy   struct{ Path string }
)

var serializers = map[string]codec.Serializer{
	"Point": codec.NewStructSerializer[Point](),
	"complex": codec.NewSerializer(
		func(z complex128) ([2]float64, error) { return [2]float64{real(z), imag(z)}, nil },
		func(p [2]float64) (complex128, error) { return complex(p[0], p[1]), nil }),
	"Arrow": codec.NewSerializer(
		func(a Arrow) (string, error) { return string(a), nil },
		func(s string) (Arrow, error) { return Arrow(s), nil }),
	"Refuses": codec.NewSerializer(
		func(Refuses) (any, error) { return nil, errors.New("no") },
		func(any) (Refuses, error) { return Refuses{}, nil }),
}

// registry returns the registry of these types, "object" last.
func registry(tb testing.TB, types ...string) *codec.Registry {
	tb.Helper()
	var list []codec.Serializer
	object := false
	for _, name := range types {
		if name == "object" {
			object = true
		} else {
			list = append(list, serializers[name])
		}
	}
	reg, err := codec.NewRegistry(list...)
	if err != nil {
		tb.Fatal(err)
	}
	if object {
		reg = reg.WithObject(proxyObject)
	}
	return reg
}

// proxyObject carries a *Proxy as its path, as a connection's does.
var proxyObject = codec.ObjectSerializer{
	Source: func(t reflect.Type) bool { return t == reflect.TypeFor[*Proxy]() },
	Target: reflect.TypeFor[*Proxy](),
	Encode: func(_, v any) (any, error) { return v.(*Proxy).Path, nil },
	Decode: func(_ any, d codec.Decoder) (any, error) {
		path, err := d.Str()
		return &Proxy{path}, err
	},
}

func marshal(tb testing.TB, v any, reg *codec.Registry) string {
	tb.Helper()
	b, err := codec.Marshal(json.Codec, v, reg)
	if err != nil {
		tb.Fatalf("encode %v: %v", show(v), err)
	}
	return string(b)
}

func decodeAny(payload []byte, reg *codec.Registry) (v any, err error) {
	err = codec.Unmarshal(json.Codec, payload, &v, reg)
	return v, err
}

// same compares decoded values, floats by their bits: a NaN differs from
// itself, and 0.0 is -0.0, for reflect.DeepEqual.
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
	case Point:
		b := b.(Point)
		return same(a.X, b.X) && same(a.Y, b.Y)
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
	}
	return reflect.DeepEqual(a, b)
}

func show(v any) string {
	s := fmt.Sprintf("%T %#v", v, v)
	return s[:min(len(s), 300)]
}

// dict makes a Dict of keys and values by turns.
func dict(keysAndValues ...any) codec.Dict {
	d := codec.Dict{}
	for i := 0; i < len(keysAndValues); i += 2 {
		d = append(d, codec.Entry{Key: keysAndValues[i], Value: keysAndValues[i+1]})
	}
	return d
}
