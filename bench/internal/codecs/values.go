package codecs

import (
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	ours "github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func init() {
	values(json.Codec)
	values(ours.Codec)

	for _, l := range jsonLibraries {
		addLibrary[any]("json/state", "-any", l, state.Any())
		addLibrary("json/state", "-typed", l, state.New())
	}
	addLibrary[any]("msgpack/state", "-any", vmihailenco, state.Any())
	addLibrary("msgpack/state", "-typed", vmihailenco, state.New())
	addLibrary[any]("msgpack/state", "-any", tinylib, state.Any())
}

// values adds the cases of one of our codecs. Decoding includes the scan.
func values(c codec.Codec) {
	encode(c, "state/encode-any", state.Any())
	decodeInto[any](c, "state/decode-any", state.Any())
	encode(c, "state/encode-typed", state.New())
	decodeInto[state.Typed](c, "state/decode-typed", state.New())
	encode(c, "state/encode-maps", state.Maps())
	decodeInto[map[string]map[string]float64](c, "state/decode-maps", state.Maps())

	floats := state.Floats(10_000)
	encode(c, "floats/encode-typed", floats)
	decodeInto[any](c, "floats/decode-any", floats)
	decodeInto[[]float64](c, "floats/decode-typed", floats)
	type series struct{ Values []float64 }
	decodeInto[series](c, "floats/decode-struct", series{floats})
}

func encode(c codec.Codec, what string, v any) {
	add(c.Name()+"/"+what+"/aiomas", func() func() error {
		var buf []byte
		return func() (err error) {
			buf, err = c.AppendValue(buf[:0], v, nil)
			return err
		}
	})
}

func decodeInto[T any](c codec.Codec, what string, v any) {
	add(c.Name()+"/"+what+"/aiomas", func() func() error {
		data, err := c.AppendValue(nil, v, nil)
		if err != nil {
			panic(err)
		}
		d := c.NewDecoder()
		return func() error {
			raw, err := c.ParseValue(data, codec.Limits{})
			if err != nil {
				return err
			}
			d.Reset(raw, nil)
			var v T
			return d.Decode(&v)
		}
	})
}
