// Package json is aiomas's default codec: JSON exactly as Python's json.dumps
// writes it with its default settings, and as json.loads reads it.
//
// It is not the JSON of encoding/json. An int and a float are different things,
// so that a Go float64 is written 1.0 and never 1; ints have any size; NaN,
// Infinity and -Infinity are legal; text is escaped to ASCII; a separator is
// followed by a space.
//
// # Text
//
// A Python str may hold lone surrogates, which UTF-8 cannot say. A Go string
// holds one as WTF-8, the three bytes that UTF-8 would take if it were allowed
// (U+D800 is "\xed\xa0\x80"), in both directions. A high surrogate that is
// directly followed by a low one is written as the two escapes that they are, as
// Python does, and arrives as the one character that the two escapes mean, as
// in Python. Any other invalid UTF-8 is a [*codec.EncodeError].
//
// # Bytes
//
// JSON has none: they are a [*codec.EncodeError], as in Python. Send text, or
// use the MsgPack codec.
//
// # Other Go types
//
// Types with the methods of [encoding/json.Marshaler] and
// [encoding/json.Unmarshaler] keep their form, which is written anew in
// Python's dialect; encoding/json.Number and encoding/json.RawMessage work too,
// and a `json:"name"` tag counts where there is no `aiomas:"name"` tag.
package json

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// Codec is the JSON codec, Python's aiomas.codecs.JSON. It has no state and is
// safe for concurrent use.
var Codec codec.Codec = new(jsonCodec)

// jsonCodec has its methods by the pointer: between an interface and those of a
// value would be a call that copies what they return.
type jsonCodec struct{}

// format carries the types that the codec's own type switches do not know.
var format = &walk.Format{Name: "json", TagName: "json", KeyText: keyText, AppendKey: appendField, Floats: floatFields}

func init() { // not above: foreign types come back to the codec
	format.ForeignEncode, format.ForeignDecode = foreignEncode, foreignDecode
}

// maxIntDigits is the most digits of an int that Python converts from or to
// text (sys.get_int_max_str_digits); with more it refuses the whole message.
const maxIntDigits = 4300

func (*jsonCodec) Name() string { return "json" }

func (*jsonCodec) NewDecoder() codec.Decoder { return new(decoder) }
