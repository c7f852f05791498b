package msgpack_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

func TestGoldenValues(t *testing.T) { codectest.Values(t, msgpack.Codec) }

func TestGoldenMessages(t *testing.T) { codectest.Messages(t, msgpack.Codec) }

func TestGoldenDecodes(t *testing.T) {
	codectest.Decodes(t, msgpack.Codec, func(c golden.Case) bool { return c.Error != "" && pythonLacksExt(c.Payload) })
}

// pythonLacksExt: we read negative extension types from other peers.
func pythonLacksExt(b []byte) bool {
	return len(b) > 1 && b[0] >= 0xd4 && b[0] <= 0xd8 && b[1] > 0x7f || len(b) > 2 && b[0] == 0xc7 && b[2] > 0x7f
}
