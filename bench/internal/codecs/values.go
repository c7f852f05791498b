package codecs

import (
	stdjson "encoding/json"

	goccy "github.com/goccy/go-json"
	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	ours "github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func init() {
	values(json.Codec)
	values(ours.Codec)

	v := any(state.Any())
	library("json/state", "encoding/json", v, stdjson.Marshal, stdjson.Unmarshal)
	library("json/state", "goccy/go-json", v, goccy.Marshal, goccy.Unmarshal)
	library("msgpack/state", "vmihailenco", v, msgpack.Marshal, msgpack.Unmarshal)
	buf := []byte(nil) // its API appends, so that it need not allocate either
	library("msgpack/state", "tinylib", v,
		func(v any) (_ []byte, err error) { buf, err = msgp.AppendIntf(buf[:0], v); return buf, err }, readIntf)

	typed("json/state", "encoding/json", stdjson.Marshal, stdjson.Unmarshal)
	typed("json/state", "goccy/go-json", goccy.Marshal, goccy.Unmarshal)
	typed("msgpack/state", "vmihailenco", msgpack.Marshal, msgpack.Unmarshal)
}

// values are the cases of one of our codecs. Decoding includes the scan.
func values(c codec.Codec) {
	encode(c, "state/encode-any", state.Any())
	decodeInto[any](c, "state/decode-any", state.Any())
	encode(c, "state/encode-typed", state.New())
	decodeInto[state.Typed](c, "state/decode-typed", state.New())
	encode(c, "state/encode-maps", state.Maps())
	decodeInto[map[string]map[string]float64](c, "state/decode-maps", state.Maps())

	floats := peer.Floats(10_000)
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

func typed(what, name string, marshal func(any) ([]byte, error), unmarshal func([]byte, any) error) {
	v := state.New()
	add(what+"/encode-typed/"+name, func() func() error {
		return func() error {
			_, err := marshal(v)
			return err
		}
	})
	add(what+"/decode-typed/"+name, func() func() error {
		data, err := marshal(v)
		if err != nil {
			panic(err)
		}
		return func() error {
			var v state.Typed
			return unmarshal(data, &v)
		}
	})
}
