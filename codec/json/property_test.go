package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"pgregory.net/rapid"
)

// texts are strings that Python can hold: any Unicode, with lone surrogates.
func texts() *rapid.Generator[string] {
	surrogate := rapid.Map(rapid.Uint16Range(0xd800, 0xdfff), func(u uint16) string {
		return string([]byte{0xed, 0x80 | byte(u>>6&0x3f), 0x80 | byte(u&0x3f)})
	})
	piece := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("ab\"\\\n\x00\x7f/é😀")), 0, 30, -1), surrogate, rapid.Just(strings.Repeat("long text ", 50)))
	return rapid.Map(rapid.SliceOfN(piece, 0, 4), func(pieces []string) string { return joinPairs(strings.Join(pieces, "")) })
}

// joinPairs joins adjacent surrogates to one character, as every decoder of
// their escapes does.
func joinPairs(s string) string {
	b := []byte(s)
	for i := 0; i+6 <= len(b); i++ {
		if b[i] == 0xed && b[i+1]&0xf0 == 0xa0 && b[i+3] == 0xed && b[i+4]&0xf0 == 0xb0 {
			high := rune(b[i+1]&0x0f)<<6 | rune(b[i+2]&0x3f)
			low := rune(b[i+4]&0x0f)<<6 | rune(b[i+5]&0x3f)
			b = append(utf8.AppendRune(b[:i:i], 0x10000+high<<10+low), b[i+6:]...)
		}
	}
	return string(b)
}

func keys() *rapid.Generator[string] {
	return texts().Filter(func(s string) bool { return s != codec.TypeKey })
}

// values generates the values that decoding into any can return.
func values() *rapid.Generator[any] {
	bigs := rapid.Custom(func(t *rapid.T) any {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 9, 80).Draw(t, "bytes"))
		n.SetBit(n, 70, 1)
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		return n
	})
	float := rapid.OneOf(rapid.Float64(), rapid.Map(rapid.Uint64(), math.Float64frombits), rapid.Map(rapid.IntRange(-1e6, 1e6), func(i int) float64 { return float64(i) / 1000 }))
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Uint64Range(1<<63, math.MaxUint64).AsAny(), bigs, texts().AsAny(),
		rapid.Map(float, func(x float64) any {
			if math.IsNaN(x) {
				x = math.Float64frombits(0x7ff8000000000000)
			}
			return x
		}),
	)
	return rapid.OneOf(leaf, rapid.Custom(func(t *rapid.T) any { return container(t, leaf, 4) }))
}

func container(t *rapid.T, leaf *rapid.Generator[any], depth int) any {
	elem := leaf
	if depth > 0 {
		elem = rapid.OneOf(leaf, rapid.Custom(func(t *rapid.T) any { return container(t, leaf, depth-1) }))
	}
	if rapid.Bool().Draw(t, "list") {
		return rapid.SliceOfN(elem, 0, 6).Draw(t, "list")
	}
	return rapid.MapOfN(keys(), elem, 0, 6).Draw(t, "dict")
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values().Draw(t, "value")
		b, err := codec.Marshal(json.Codec, v, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b {
			if c < ' ' || c > '~' {
				t.Fatalf("%q is not plain ASCII", b)
			}
		}
		back, err := decodeAny(b, nil)
		if err != nil || !same(v, back) {
			t.Fatalf("%s is %s, came back as %s, %v", show(v), b, show(back), err)
		}

		// The same within a message, and by reflection.
		id := rapid.Int64().Draw(t, "id")
		payload, err := json.Codec.AppendMessage(nil, codec.Result, id, &v, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := json.Codec.ParseMessage(payload, codec.Limits{})
		if err != nil || m.ID != id || m.Type != codec.Result || !bytes.Equal(m.Content, b) {
			t.Fatalf("%s: %+v, %v", payload, m, err)
		}
		var later codec.Value
		if err := codec.Unmarshal(json.Codec, b, &later, nil); err != nil {
			t.Fatal(err)
		}
		if again, err := codec.Marshal(json.Codec, []any{later}, nil); err != nil || string(again) != "["+string(b)+"]" {
			t.Fatalf("%s was passed on as %s, %v", b, again, err)
		}
	})
}

// A truncated message, or one with an extra byte, is refused.
func TestCutMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload, err := json.Codec.AppendMessage(nil, codec.Request, 1, values().Draw(t, "value"), nil)
		if err != nil {
			t.Fatal(err)
		}
		cut := payload[:rapid.IntRange(0, len(payload)-1).Draw(t, "cut")]
		if m, err := json.Codec.ParseMessage(cut, codec.Limits{}); err == nil {
			t.Fatalf("%s: %+v", cut, m)
		}
		if m, err := json.Codec.ParseMessage(append(payload, ']'), codec.Limits{}); err == nil {
			t.Fatalf("%s]: %+v", payload, m)
		}
	})
}

// typed has fields of all kinds.
type typed struct {
	I8     int8
	U16    uint16
	F      float64
	F32    float32
	S      string
	B      bool
	Opt    *typed `aiomas:",omitempty"`
	List   []int64
	Floats []float64
	Texts  []string
	Dict   map[string]float64
	ByInt  map[int32]string
	Any    any
	Nested []map[string][]bool
}

func TestTypedRoundTrip(t *testing.T) {
	gen := rapid.Custom(func(t *rapid.T) typed {
		x := typed{
			I8: rapid.Int8().Draw(t, "i8"), U16: rapid.Uint16().Draw(t, "u16"), F: rapid.Float64().Draw(t, "f"), F32: rapid.Float32().Draw(t, "f32"), S: texts().Draw(t, "s"), B: rapid.Bool().Draw(t, "b"),
			List: rapid.SliceOf(rapid.Int64()).Draw(t, "list"), Floats: rapid.SliceOfN(rapid.Float64(), 0, 200).Draw(t, "floats"), Texts: rapid.SliceOfN(texts(), 0, 4).Draw(t, "texts"),
			Dict: rapid.MapOfN(keys(), rapid.Float64(), 0, 20).Draw(t, "dict"), ByInt: rapid.MapOfN(rapid.Int32(), texts(), 0, 5).Draw(t, "by int"),
			Nested: rapid.SliceOfN(rapid.MapOfN(keys(), rapid.SliceOf(rapid.Bool()), 0, 3), 0, 3).Draw(t, "nested"),
		}
		if rapid.Bool().Draw(t, "has opt") {
			x.Opt = &typed{List: []int64{}, Floats: []float64{}, Texts: []string{}, Dict: map[string]float64{}, ByInt: map[int32]string{}, Nested: []map[string][]bool{}, Any: "any"}
		}
		return x
	})
	rapid.Check(t, func(t *rapid.T) {
		x := gen.Draw(t, "x")
		b, err := codec.Marshal(json.Codec, x, nil)
		if err != nil {
			t.Fatal(err)
		}
		var back typed
		if err := codec.Unmarshal(json.Codec, b, &back, nil); err != nil || !reflect.DeepEqual(x, back) {
			t.Fatalf("%s came back as %+v, %v", b, back, err)
		}
		// Reflection and the type switch write the same bytes.
		v, err := decodeAny(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		var d codec.Dict
		if err := codec.Unmarshal(json.Codec, b, &d, nil); err != nil || len(d) != len(v.(map[string]any)) {
			t.Fatalf("%s: %v, %v", b, d, err)
		}
	})
}

// Where the two dialects agree, this package and encoding/json read each
// other's output.
func TestAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Filter(utf8.ValidString)
		leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Bool().AsAny(), text.AsAny(), rapid.Float64().AsAny())
		v := container(t, leaf, 3)
		ours, err := codec.Marshal(json.Codec, v, nil)
		if err != nil {
			return // the key of custom types
		}
		var theirs any
		if err := stdjson.Unmarshal(ours, &theirs); err != nil {
			if bytes.Contains(ours, []byte(`\ud`)) {
				return
			}
			t.Fatalf("%s: %v", ours, err)
		}
		written, err := stdjson.Marshal(theirs)
		if err != nil {
			t.Fatal(err)
		}
		read, err := decodeAny(written, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d, e := normal(theirs), normal(read); !reflect.DeepEqual(d, e) {
			t.Fatalf("%s: they read %v, we read %v", ours, d, e)
		}
	})
}

// normal converts all ints to floats, since encoding/json writes 1.0 as 1.
func normal(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case *big.Int:
		x, _ := v.Float64()
		return x
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	}
	return v
}
