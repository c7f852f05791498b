package blosc_test

import (
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// FuzzParseMessage: a payload is a message or an error, and a message can be
// decoded without harm.
func FuzzParseMessage(f *testing.F) {
	for i, c := range golden.Cases(f, "msgpack-blosc") {
		if len(c.Payload) > 0 && len(c.Payload) < 500 && (c.Kind == golden.Message || i%9 == 0) {
			f.Add(c.Payload)
		}
	}
	f.Add(encode(f, msgpackCodec, "no chunk"))
	limits := codec.Limits{Size: 1 << 20}
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := blosc.Codec.ParseMessage(payload, limits)
		var envelope *codec.EnvelopeError
		var content *codec.DecodeError
		switch {
		case err == nil:
			d := blosc.Codec.NewDecoder()
			d.Reset(m.Content, nil)
			if _, err := d.Any(); err != nil && !errors.As(err, &content) {
				t.Fatalf("Any: %v", err)
			}
		case errors.As(err, &envelope):
			if m.Content != nil || envelope.Offset < 0 {
				t.Fatalf("%+v, %v", m, err)
			}
		case !errors.As(err, &content):
			t.Fatalf("%+v, %v", m, err)
		}
		if value, err := blosc.Codec.ParseValue(payload, limits); err != nil && (value != nil || !errors.As(err, &content)) {
			t.Fatalf("ParseValue: %d bytes, %v", len(value), err)
		}
	})
}
