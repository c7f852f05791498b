// Package codec defines how aiomas messages become bytes: the [Codec]
// interface, the per-connection [Registry] of custom types, and the value
// types that all codecs share ([Dict], [Tuple], [Value]).
//
// A connection uses codec/json unless aiomas.WithCodec sets another codec:
// codec/msgpack, codec/blosc, or one made with codec/base. The first three write
// exactly the bytes that Python's aiomas writes. To pass values of your own types,
// make serializers with [NewSerializer] or [NewStructSerializer] and register them
// with aiomas.WithSerializers. Package codec does not depend on channels or remote
// calls.
//
// # Values
//
// Every codec decodes into a target of type any by the same table:
//
//	None          nil
//	bool          bool
//	int           int64, else uint64, else *big.Int
//	float         float64
//	str           string
//	bytes         []byte
//	list, tuple   []any
//	dict          map[string]any; map[any]any when a key is not a string;
//	              [Dict] when a key (bytes, a tuple) cannot be a Go map key
//	custom type   the result of its [Serializer]
//
// A [Decoding] can keep the order of dicts and preserve unknown custom types.
//
// A typed target is followed strictly: a value that does not fit it exactly is
// a [*DecodeError], never rounded, truncated or skipped. The one exception is
// float32, which is set to the nearest value.
package codec

import "math/big"

// MessageType is the first element of a message, aiomas's REQUEST, RESULT and
// EXCEPTION.
type MessageType uint8

// The message types of the wire.
const (
	Request   MessageType = 0 // a request; the content is anything, for RPC a [Call]
	Result    MessageType = 1 // the reply to a request
	Exception MessageType = 2 // the failure of a request
)

// String returns the aiomas word for t.
func (t MessageType) String() string {
	switch t {
	case Request:
		return "REQUEST"
	case Result:
		return "RESULT"
	case Exception:
		return "EXCEPTION"
	}
	return "INVALID"
}

// Message is a decoded envelope. Content is the third element, still encoded:
// it has been scanned, so that a [Decoder] can walk it, but not decoded.
// Content may alias the payload it was parsed from.
type Message struct {
	Type    MessageType
	ID      int64
	Content []byte
}

// Decode decodes the content into the value that target, a non-nil pointer,
// points to. c is the codec that parsed the message, reg holds the custom
// types. The result does not alias the payload. The error is a [*DecodeError].
func (m Message) Decode(c Codec, target any, reg *Registry) error {
	d := c.NewDecoder()
	d.Reset(m.Content, reg)
	return d.Decode(target)
}

// Call is the content of an RPC request: the list [path, args, kwargs]. Codecs
// encode a *Call without boxing its parts into a list first. Kwargs are
// written in sorted key order.
type Call struct {
	Path   string
	Args   []any
	Kwargs map[string]any
}

// Limits bound what a codec accepts from a peer. The zero value of a field
// means its default; see [Limits.WithDefaults].
type Limits struct {
	Depth    int   // nesting of lists and dicts in one message, envelope included; default 512
	Elements int   // values in one message, keys included; default 8 Mi
	Size     int64 // bytes of one message after decompression; default 64 MiB
}

// Default limits, and the deepest nesting that a codec writes. Python's own
// decoders fail at slightly deeper nesting: a JSON message of 983 levels ends a
// Python 3.8 peer's connection, and its MsgPack encoder stops at 510.
const (
	DefaultDepth    = 512
	DefaultElements = 8 << 20
	DefaultSize     = 64 << 20
	MaxEncodeDepth  = 500
)

// WithDefaults returns l with every zero field set to its default.
func (l Limits) WithDefaults() Limits {
	if l.Depth == 0 {
		l.Depth = DefaultDepth
	}
	if l.Elements == 0 {
		l.Elements = DefaultElements
	}
	if l.Size == 0 {
		l.Size = DefaultSize
	}
	return l
}

// A Codec turns messages and values into bytes and back, like the subclasses of
// aiomas.codecs.Codec. A Codec has no state: it is safe for concurrent use. The
// custom types of a connection are passed in as a [Registry]; a nil Registry
// has none.
type Codec interface {
	// Name is the codec's name on command lines and in error texts, for example
	// "json". Two codecs with the same name write the same bytes.
	Name() string

	// AppendMessage appends the encoded list [t, id, content] to dst. On error (an
	// [*EncodeError]) it returns dst unchanged.
	AppendMessage(dst []byte, t MessageType, id int64, content any, reg *Registry) ([]byte, error)

	// ParseMessage scans the payload of one frame and splits its envelope.
	//
	// The error is an [*EnvelopeError] if the payload is not a message, and a
	// [*DecodeError] if type and id were read but the content is malformed or
	// exceeds a limit; Type and ID are then set.
	ParseMessage(payload []byte, lim Limits) (Message, error)

	// AppendValue appends v as Python's Codec.encode(v) writes it.
	AppendValue(dst []byte, v any, reg *Registry) ([]byte, error)

	// ParseValue scans a payload that holds one value and returns the bytes
	// for a [Decoder], which may alias data. The error is a [*DecodeError].
	ParseValue(data []byte, lim Limits) ([]byte, error)

	// NewDecoder returns a decoder; call its Reset before anything else.
	NewDecoder() Decoder
}

// Kind classifies the next encoded value by its Python type.
type Kind uint8

// The kinds of encoded values. KindInvalid is also the kind at the end of the
// input. KindExt is a MessagePack extension type.
const (
	KindInvalid Kind = iota
	KindNull
	KindBool
	KindInt
	KindFloat
	KindString
	KindBytes
	KindList
	KindDict
	KindExt
)

var kindNames = [...]string{"nothing", "None", "bool", "int", "float", "str", "bytes", "list", "dict", "ExtType"}

// String returns the name of the Python type.
func (k Kind) String() string { return kindNames[k] }

// A Decoder reads encoded values one after another, from bytes that
// ParseMessage or ParseValue of its codec has accepted. It is not safe for
// concurrent use; Reset makes it reusable. After an error its position is
// undefined.
//
// All methods that consume a value return a [*DecodeError] when the next value
// is of another kind. The keys and values of a dict are read alternately, each
// as a value.
type Decoder interface {
	// Reset starts decoding raw with the custom types of reg.
	Reset(raw []byte, reg *Registry)
	// Codec returns the codec whose bytes the decoder reads, Registry the argument of
	// Reset.
	Codec() Codec
	Registry() *Registry

	// Kind returns the kind of the next value without consuming it.
	Kind() Kind

	Null() error
	Bool() (bool, error)
	// Int64 and Uint64 fail when the integer is out of their range. BigInt
	// reads any integer.
	Int64() (int64, error)
	Uint64() (uint64, error)
	BigInt() (*big.Int, error)
	// Float64 reads a float, not an int.
	Float64() (float64, error)
	// Str returns a string that stays valid: a copy, or for a long text of a
	// received message a string that shares the message's memory, which is then
	// not reused. StrBytes may alias the input or a scratch buffer that the next
	// call overwrites.
	Str() (string, error)
	StrBytes() ([]byte, error)
	// Bytes returns a copy. While a [Loan] is decoded, long texts and bytes are those of
	// the message.
	Bytes() ([]byte, error)

	// List and Dict enter a container and return its number of elements (pairs),
	// or -1 if the format does not state it in advance. More then reports whether
	// another element (pair) follows, and leaves the container when it returns
	// false.
	List() (int, error)
	Dict() (int, error)
	More() bool

	// Skip consumes one value, Raw consumes it and returns its bytes, aliasing
	// the input.
	Skip() error
	Raw() ([]byte, error)

	// Any consumes one value of any kind into the natural Go types of the package
	// documentation, as changed by the Decoding of the registry.
	Any() (any, error)
	// Decode consumes one value into the value that target, a non-nil pointer,
	// points to.
	Decode(target any) error
}

// Marshal returns v as Python's Codec.encode(v) writes it.
func Marshal(c Codec, v any, reg *Registry) ([]byte, error) {
	return c.AppendValue(nil, v, reg)
}

// Unmarshal decodes data, one value as Python's Codec.encode wrote it, into the
// value that target points to, within the default limits.
func Unmarshal(c Codec, data []byte, target any, reg *Registry) error {
	raw, err := c.ParseValue(data, Limits{}.WithDefaults())
	if err != nil {
		return err
	}
	d := c.NewDecoder()
	d.Reset(raw, reg)
	return d.Decode(target)
}
