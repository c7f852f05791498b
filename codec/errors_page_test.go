package codec_test

import (
	"bytes"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// docs/errors.md has what these packages say to those who use them without a
// connection, as it was provoked.
func TestErrorsOfCodecs(t *testing.T) {
	marshal := func(v any) error {
		_, err := codec.Marshal(json.Codec, v, nil)
		return err
	}
	unmarshal := func(text string, target any) error { return codec.Unmarshal(json.Codec, []byte(text), target, nil) }
	ended := codec.Lend("text", nil)
	ended.Release()
	type message doccode.Message
	var all []doccode.Message
	for _, m := range []message{
		{marshal([]any{map[string]any{"x": func() {}}}), `aiomas: cannot encode [0].x: No serializer found for type "func()"`, "There is no form for it; where it lies stands before it.", "Plain values, or a serializer."},
		{marshal([]byte("x")), `aiomas: cannot encode: …bytes…`, "JSON has no bytes.", "`msgpack.Codec`, or a string."},
		{marshal("\xff"), `aiomas: cannot encode: …UTF-8…`, "A string is text; Python would not read it.", "`[]byte`, with `msgpack.Codec`."},
		{marshal(map[string]any{codec.TypeKey: 1}), `aiomas: cannot encode: …__type__…`, "This key tells custom types.", "Another key."},
		{unmarshal(`{"x": 1.5}`, new(map[string]int)), "aiomas: cannot decode x: float does not fit int", "A value fits, or it is an error: nothing is rounded.", "`float64`: [what fits what](types.md#typed-targets-are-strict)."},
		{unmarshal(`[70000]`, new([]uint16)), "aiomas: cannot decode [0]: int 70000 does not fit uint16", "The number is out of range.", "A larger type."},
		{unmarshal(`[1, `, new(any)), "aiomas: cannot decode: … at byte …", "The text is cut off or malformed.", "Look at the sender, at this byte."},
		{func() error { _, err := json.Codec.ParseMessage([]byte(`{}`), codec.Limits{}); return err }(), "aiomas: not an aiomas message: … at byte …", "A message is `[type, id, content]`.", "[The protocol](protocol.md)."},
		{func() error { _, err := frame.NewReader(bytes.NewReader([]byte{0, 0, 4, 0}), 1023).Next(); return err }(), "aiomas: frame of 1024 bytes exceeds the limit of 1023", "The header announces more than was allowed.", "A higher limit."},
		{panicOf(func() { ended.Value() }), "aiomas: a value is used after the end of its loan", "After `Release`, or after the handler that it was a parameter of, its memory has other contents. `Value` panics.", "Copy what has to stay: [large values](large-values.md)."},
		{panicOf(func() { ended.Share() }), "aiomas: a value is sent after the end of its loan", "As above: `Share` panics, and what would send the value is an `EncodeError`.", "End the loan after the call."},
		{panicOf(func() { codec.NewStructSerializer[int]() }), "aiomas: NewStructSerializer[int]: not a struct", "It is for structs, and panics.", "`codec.NewSerializer`."},
	} {
		all = append(all, doccode.Message(m))
	}
	doccode.Messages(t, "../docs/errors.md", "go test ./codec -run TestErrorsOfCodecs -update", all)
}

// panicOf returns what f panics with.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
