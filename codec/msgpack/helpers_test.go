package msgpack_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

type (
	Point = codectest.Point     // the twin of a custom type of the captures
	proxy struct{ Path string } // stands for the proxy of a connection
)

var proxyObject = codectest.Object(
	func(p proxy) string { return p.Path },
	func(path string) proxy { return proxy{path} })

var (
	same = codectest.Same
	show = codectest.Show
	dict = codectest.Dict
)

func decodeAny(t *testing.T, payload []byte, reg *codec.Registry) (any, error) {
	t.Helper()
	return codectest.ParseAny(t, msgpack.Codec, payload, reg)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
