package json_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Point is the counterpart of a custom type in the captures.
type Point = codectest.Point

var (
	registry = codectest.Registry
	same     = codectest.Same
	show     = codectest.Show
	dict     = codectest.Dict
)

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
