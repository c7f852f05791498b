package record

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// Codecs returns the codecs of aiomas, its default first.
func Codecs() []codec.Codec { return []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec} }

// CodecByName returns the codec in [Codecs] with this name, or nil.
func CodecByName(name string) codec.Codec {
	for _, c := range Codecs() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// Guess returns the codec whose messages begin with this byte, or nil.
func Guess(first byte) codec.Codec {
	switch first {
	case 2: // the version of the format
		return blosc.Codec
	case 0x93, 0xdc, 0xdd: // a list of three
		return msgpack.Codec
	case '[', ' ', '\t', '\n', '\r':
		return json.Codec
	}
	return nil
}

// Detect returns the codec for which payload is a message, or at least has a
// readable type and id. It returns nil if there is no such codec.
func Detect(payload []byte) codec.Codec {
	if len(payload) == 0 {
		return nil
	}
	c := Guess(payload[0])
	if c == nil {
		return nil
	}
	if _, err := c.ParseMessage(payload, codec.Limits{}); err != nil && !hasEnvelope(err) {
		return nil
	}
	return c
}
