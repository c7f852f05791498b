package blosc_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/chunk"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func TestName(t *testing.T) {
	if name := blosc.Codec.Name(); name != "msgpack-blosc" {
		t.Error(name)
	}
}

// pack puts MessagePack, or what stands in its place, into a chunk.
func pack(t *testing.T, data string) []byte {
	t.Helper()
	b, err := chunk.Compress(nil, []byte(data), 8)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Without a sound chunk there is no telling which call is lost.
func TestNoChunk(t *testing.T) {
	message := encode(t, blosc.Codec, strings.Repeat("text ", 100))
	damaged := bytes.Clone(message)
	damaged[len(damaged)-8] ^= 0xff
	damaged[24] ^= 0x1f
	tests := map[string][]byte{
		"nothing":        nil,
		"MessagePack":    encode(t, msgpack.Codec, "text"),
		"JSON":           []byte(`[0, 0, ["path", [], {}]]`),
		"truncated":      message[:len(message)-1],
		"with more":      append(bytes.Clone(message), 0),
		"damaged":        damaged,
		"empty chunk":    pack(t, ""),
		"no message":     pack(t, "\x01"),
		"no such type":   pack(t, "\x93\x03\x00\xc0"),
		"over the limit": encode(t, blosc.Codec, make([]float64, 1000)),
	}
	for name, payload := range tests {
		m, err := blosc.Codec.ParseMessage(payload, codec.Limits{Size: 9000})
		var ee *codec.EnvelopeError
		if !errors.As(err, &ee) || m.Content != nil {
			t.Errorf("%s: %+v, %v, want an *EnvelopeError", name, m, err)
		} else if !strings.HasPrefix(err.Error(), "aiomas: not an aiomas message: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	delete(tests, "no message")
	delete(tests, "no such type")
	for name, payload := range tests {
		_, err := blosc.Codec.ParseValue(payload, codec.Limits{Size: 8000})
		var de *codec.DecodeError
		if !errors.As(err, &de) {
			t.Errorf("%s: %v, want a *DecodeError", name, err)
		}
	}
}

// In a sound chunk it is the content that is wrong, and one call that is lost.
func TestBadContent(t *testing.T) {
	nested := "\x93\x00\x07" + strings.Repeat("\x91", 600) + "\xc0"
	for name, data := range map[string]string{
		"truncated":  "\x93\x00\x07",
		"with more":  "\x93\x00\x07\xc0\xc0",
		"too deep":   nested,
		"no UTF-8":   "\x93\x00\x07\xa1\xff",
		"impossible": "\x93\x00\x07\xdd\xff\xff\xff\xff",
	} {
		m, err := blosc.Codec.ParseMessage(pack(t, data), codec.Limits{})
		var de *codec.DecodeError
		if !errors.As(err, &de) || m.Type != codec.Request || m.ID != 7 {
			t.Errorf("%s: %+v, %v, want a *DecodeError for request 7", name, m, err)
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	for range 2 { // the second time with what the first one left
		dst, err := blosc.Codec.AppendMessage([]byte("before"), codec.Request, 1, []any{strings.Repeat("x", 500), make(chan int)}, nil)
		var ee *codec.EncodeError
		if !errors.As(err, &ee) || string(dst) != "before" {
			t.Errorf("AppendMessage = %.20q, %v", dst, err)
		}
		dst, err = blosc.Codec.AppendValue([]byte("before"), "\xff", nil)
		if !errors.As(err, &ee) || string(dst) != "before" {
			t.Errorf("AppendValue = %.20q, %v", dst, err)
		}
	}
	dst, err := blosc.Codec.AppendValue([]byte("before"), strings.Repeat("x", 500), nil)
	if want := append([]byte("before"), pack(t, "\xda\x01\xf4"+strings.Repeat("x", 500))...); err != nil || !bytes.Equal(dst, want) {
		t.Errorf("AppendValue = %.20q, %v", dst, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 20 {
				want := state(i + n)
				payload, err := codec.Marshal(blosc.Codec, want, nil)
				if err != nil {
					t.Error(err)
					return
				}
				var got map[string]map[string]float64
				if err := codec.Unmarshal(blosc.Codec, payload, &got, nil); err != nil || len(got) != len(want) {
					t.Errorf("%d units, want %d, %v", len(got), len(want), err)
				}
			}
		})
	}
	group.Wait()
}

// Whatever package msgpack writes comes back, and is as long at most.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := []any{
			rapid.SliceOfN(rapid.Float64(), 0, 300).Draw(t, "floats"),
			rapid.MapOf(rapid.String(), rapid.Int64()).Draw(t, "dict"),
			bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "part"), rapid.IntRange(0, 1000).Draw(t, "times")),
		}
		want, err := msgpack.Codec.AppendMessage(nil, codec.Result, 5, value, nil)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := blosc.Codec.AppendMessage(nil, codec.Result, 5, value, nil)
		if err != nil || len(payload) > len(want)+16 {
			t.Fatalf("%d bytes for %d, %v", len(payload), len(want), err)
		}
		m, err := blosc.Codec.ParseMessage(payload, codec.Limits{})
		if err != nil || m.Type != codec.Result || m.ID != 5 || !bytes.Equal(m.Content, want[3:]) {
			t.Fatalf("%d bytes of content, want %d, %v", len(m.Content), len(want)-3, err)
		}
	})
}
