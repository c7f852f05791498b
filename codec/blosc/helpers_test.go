package blosc_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

var msgpackCodec = msgpack.Codec

func encode(tb testing.TB, c codec.Codec, v any) []byte {
	tb.Helper()
	b, err := c.AppendMessage(nil, codec.Request, 77, v, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
