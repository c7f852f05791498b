package blosc_test

import (
	"bytes"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/chunk"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

func TestGoldenValues(t *testing.T) { codectest.Values(t, blosc.Codec) }

func TestGoldenMessages(t *testing.T) { codectest.Messages(t, blosc.Codec) }

// Python's MsgPackBlosc writes what its MsgPack writes, in a chunk, and so do
// we, both byte for byte.
func TestGoldenChunks(t *testing.T) {
	plain := make(map[string]golden.Case)
	for _, c := range golden.Cases(t, "msgpack") {
		plain[c.Name] = c
	}
	seen := make(map[golden.Kind]int)
	for _, c := range golden.Cases(t, "msgpack-blosc") {
		seen[c.Kind]++
		if inner := plain[c.Name].Payload; c.Kind == golden.Value && inner != nil {
			checkChunk(t, c, inner)
		} else if c.Payload != nil { // tracebacks name the codec, so they have no twins
			inner, err := blosc.Codec.ParseValue(c.Payload, codec.Limits{})
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			checkChunk(t, c, inner)
		}
	}
	if len(seen) != 2 || seen[golden.Value] < 900 || seen[golden.Message] < 150 {
		t.Errorf("%v goldens: some are missing", seen)
	}
}

// checkChunk compares a payload with one that holds data.
func checkChunk(t *testing.T, c golden.Case, data []byte) {
	t.Helper()
	payload, err := chunk.Compress(nil, data, 8)
	if err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	if err := c.Match(payload); err != nil {
		t.Error(err)
	}
	got, err := blosc.Codec.ParseValue(payload, codec.Limits{})
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%s: %d bytes, not %d, %v", c.Name, len(got), len(data), err)
	}
}
