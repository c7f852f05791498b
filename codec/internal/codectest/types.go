// Package codectest provides test helpers for the codecs: the golden cases as Go
// values, the Go counterparts of their custom types, checks that every codec
// must pass, and the comparison of values.
package codectest

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
)

// The counterparts of the custom types in the captures, in addition to
// complex128.
type (
	// Point is encoded as its fields.
	Point struct{ X, Y any }
	// Arrow is a date, encoded as its text.
	Arrow string
	// Refuses cannot be encoded.
	Refuses struct{}
	// Proxy represents the proxy of a connection: a *Proxy is encoded as its path.
	Proxy struct{ Path string }
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

// Registry returns a registry of the types with these names in the golden cases,
// "object" last.
func Registry(tb testing.TB, types ...string) *codec.Registry {
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
		reg = reg.WithObject(Object(
			func(p *Proxy) string { return p.Path },
			func(path string) *Proxy { return &Proxy{path} }))
	}
	return reg
}

// Object encodes a T as its path, as a connection encodes proxies.
func Object[T any](path func(T) string, proxy func(path string) T) codec.ObjectSerializer {
	return codec.ObjectSerializer{
		Source: func(t reflect.Type) bool { return t == reflect.TypeFor[T]() },
		Target: reflect.TypeFor[T](),
		Encode: func(_, v any) (any, error) { return path(v.(T)), nil },
		Decode: func(_ any, d codec.Decoder) (any, error) {
			path, err := d.Str()
			return proxy(path), err
		},
	}
}
