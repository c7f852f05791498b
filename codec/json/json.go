// Package json is aiomas's default codec: JSON exactly as Python's json.dumps
// writes it with its default settings, and as json.loads reads it. Connections use
// it unless aiomas.WithCodec sets another codec.
//
// It differs from the JSON of encoding/json. Ints and floats are distinct, so
// that a Go float64 is written 1.0 and never 1; ints have any size; NaN,
// Infinity and -Infinity are legal; text is escaped to ASCII; a separator is
// followed by a space.
//
// # Text
//
// A Python str may hold lone surrogates, which UTF-8 cannot represent. A Go
// string holds one as WTF-8, the three bytes that UTF-8 would take if it were
// allowed (U+D800 is "\xed\xa0\x80"), in both directions. A high surrogate
// directly followed by a low one is written as two escapes and read as the one
// character that the pair encodes, as in Python. Any other invalid UTF-8 is a
// [*codec.EncodeError].
//
// # Bytes
//
// JSON has no bytes: encoding them is a [*codec.EncodeError], as in Python.
// Send text, or use the MsgPack codec.
//
// # Other Go types
//
// Types with the methods of [encoding/json.Marshaler] and
// [encoding/json.Unmarshaler] keep their form, converted to Python's dialect.
// encoding/json.Number and encoding/json.RawMessage work, too, and a
// `json:"name"` tag is used where there is no `aiomas:"name"` tag.
package json

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// Codec is the JSON codec, Python's aiomas.codecs.JSON. It has no state and is
// safe for concurrent use.
var Codec codec.Codec = new(jsonCodec)

// jsonCodec has pointer methods: calling value methods through an interface
// goes through a wrapper that copies the results.
type jsonCodec struct{}

// format encodes and decodes the types that are not in the codec's own type
// switches.
var format = &walk.Format{Name: "json", TagName: "json", KeyText: keyText, AppendKey: appendField, Floats: floatFields}

func init() { // here, to avoid an initialization cycle: foreign types call the codec
	format.ForeignEncode, format.ForeignDecode = foreignEncode, foreignDecode
}

// maxIntDigits is the maximum number of digits of an int that Python converts
// from or to text (sys.get_int_max_str_digits); Python refuses a message with a
// longer int.
const maxIntDigits = 4300

func (*jsonCodec) Name() string { return "json" }

func (*jsonCodec) NewDecoder() codec.Decoder { return new(decoder) }
