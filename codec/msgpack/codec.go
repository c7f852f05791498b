// Package msgpack is aiomas's codec MsgPack: MessagePack, byte for byte as
// Python's aiomas writes it, read by the same rules as in Python.
//
//	conn, err := aiomas.Dial(ctx, addr, aiomas.WithCodec(msgpack.Codec))
//
// # Values
//
// Python's int, float, str, bytes, list and tuple, dict, bool and None have
// their own encodings; package codec documents the Go types that they are
// decoded to. Differences from JSON:
//
//   - an int is between −2⁶³ and 2⁶⁴−1, and encoding another *big.Int fails;
//   - a str is valid UTF-8, so a string with a lone surrogate fails;
//   - bytes are encoded as they are;
//   - a list arrives as a tuple in Python;
//   - the keys of a dict are of any type that Python can hash: in Go a
//     map[int]T, a map[any]any with Go arrays as tuples, or a [codec.Dict],
//     whose keys can also be []byte and []any;
//   - there are extension types, see [Ext].
//
// Every message is scanned before any of it is decoded, so that a few bytes
// cannot make the decoder allocate much memory. The scan checks lengths,
// nesting, number of values, UTF-8, and the exact end. Nesting beyond 10,000 is
// never allowed, whatever the limits.
//
// # Types of your own
//
// Structs are encoded as dicts by their aiomas tags; where a field has none, a msgpack
// tag names it. In addition, a type with the methods of
// github.com/vmihailenco/msgpack/v5 keeps its form: one that implements that package's
// CustomEncoder, CustomDecoder, Marshaler or Unmarshaler, and its RawMessage. The
// bytes that such a type writes are checked like a message from a peer, and its ints
// are converted to Python's smallest form. Encoding fails if it writes a value that
// would end a Python peer's connection, such as that package's extension for
// time.Time. The methods of such a type may decode less strictly, with the lossy
// conversions of that package: DecodeInt8 returns 44 for 300. Extensions are decoded
// only into the types registered for them in that package, never into a RawMessage or
// by an Unmarshaler. Custom types of the [codec.Registry] and the proxies of a
// connection are not available to such types.
package msgpack

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// Codec is aiomas.codecs.MsgPack. Its name is "msgpack". It is safe for
// concurrent use.
var Codec codec.Codec = new(implementation)

// implementation has pointer methods: calling value methods through an
// interface goes through a wrapper that copies the results.
type implementation struct{}

func (*implementation) Name() string { return "msgpack" }

func (c *implementation) AppendMessage(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry) ([]byte, error) {
	return c.AppendMessageGap(dst, t, id, content, reg, nil)
}

// AppendMessageGap is AppendMessage, but may leave a gap and put its text in g,
// if g is not nil.
func (*implementation) AppendMessageGap(dst []byte, t codec.MessageType, id int64, content any, reg *codec.Registry, g *gap.Gap) ([]byte, error) {
	b, e := appendEnvelope(dst, t, id), encoding{reg: reg, depth: 1}
	var err error
	switch content := content.(type) {
	case *codec.Call:
		b, err = appendCall(b, content, e, g)
	case string:
		b, err = appendStrGap(b, content, g)
	case nil, bool, int, float64: // the most frequent ones
		b, err = appendAny(b, content, e)
	default:
		b, err = appendAnyGap(b, content, e, g)
	}
	if err != nil {
		g.Drop()
		return dst, err
	}
	return b, nil
}

func (*implementation) AppendValue(dst []byte, v any, reg *codec.Registry) ([]byte, error) {
	b, err := appendAny(dst, v, encoding{reg: reg})
	if err != nil {
		return dst, err
	}
	return b, nil
}

func (*implementation) ParseValue(data []byte, lim codec.Limits) ([]byte, error) {
	return parseValue(data, lim)
}

func (*implementation) NewDecoder() codec.Decoder { return newDecoder() }
