package codec_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

type point struct{ X, Y float64 }

var everyCodec = []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec}

func registry(t *testing.T, s ...codec.Serializer) *codec.Registry {
	t.Helper()
	reg, err := codec.NewRegistry(s...)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// sent returns what a peer with two custom classes sends.
func sent(t *testing.T, c codec.Codec, v any) []byte {
	t.Helper()
	b, err := codec.Marshal(c, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Custom types unknown to a gateway are sent back unchanged, also within known
// ones, and dicts keep their order at all depths.
func TestUnknownCustomTypesAndOrderSurvive(t *testing.T) {
	type entry = codec.Entry
	opaque := func(id int64, data any) codec.Opaque { return codec.Opaque{ID: id, Data: data} }
	for _, v := range []any{
		opaque(7, nil),
		opaque(0, []any{int64(1), 2.0, "x"}),
		opaque(1<<40, codec.Dict{entry{"z", int64(1)}, entry{"a", opaque(2, "inner")}}),
		opaque(-1, "nobody has it, but it came"),
		[]any{codec.Dict{entry{"b", codec.Dict{entry{"y", true}, entry{"x", nil}}}, entry{"a", []any{}}}, codec.Dict{}},
	} {
		for _, c := range everyCodec {
			b := sent(t, c, v)
			for _, reg := range []*codec.Registry{nil, registry(t)} {
				var got any
				if err := codec.Unmarshal(c, b, &got, reg.WithDecoding(codec.Decoding{Ordered: true, Opaque: true})); err != nil {
					t.Fatalf("%s %v: %v", c.Name(), v, err)
				}
				if d := cmp.Diff(v, got); d != "" {
					t.Errorf("%s: %s", c.Name(), d)
				}
				again, err := codec.Marshal(c, got, reg)
				if err != nil || string(again) != string(b) {
					t.Errorf("%s: %q became %q, %v", c.Name(), b, again, err)
				}
			}
		}
	}
}

// Keys of every kind keep their order, whether they can be keys of a Go map or not.
func TestOrderedKeys(t *testing.T) {
	dict := codec.Dict{
		{Key: "z", Value: int64(0)}, {Key: int64(3), Value: "three"}, {Key: nil, Value: 1.0}, {Key: []byte("b"), Value: nil},
		{Key: []any{"t", []any{int64(1)}}, Value: true}, {Key: codec.Opaque{ID: 4, Data: "k"}, Value: "custom"},
		{Key: []any{codec.TypeKey, codec.Opaque{ID: 4, Data: codec.Dict{}}}, Value: int64(2)}, {Key: "a", Value: 2.5},
	}
	b := sent(t, msgpack.Codec, dict)
	var got any
	reg := new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true})
	if err := codec.Unmarshal(msgpack.Codec, b, &got, reg); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any(dict), got); d != "" {
		t.Error(d)
	}
	if again := sent(t, msgpack.Codec, got); string(again) != string(b) {
		t.Errorf("%q became %q", b, again)
	}
}

func TestReservedPlace(t *testing.T) {
	reg := registry(t, codec.Reserved(), codec.NewStructSerializer[point](), codec.Reserved())
	for _, c := range everyCodec {
		b, err := codec.Marshal(c, []any{point{1, 2}, codec.Opaque{ID: 0, Data: point{3, 4}}, codec.Opaque{ID: 2}}, reg)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := codec.Unmarshal(c, b, &got, reg); err != nil {
			t.Fatalf("%s: %v", c.Name(), err)
		}
		want := []any{point{1, 2}, codec.Opaque{ID: 0, Data: point{3, 4}}, codec.Opaque{ID: 2}}
		if d := cmp.Diff(any(want), got); d != "" {
			t.Errorf("%s: %s", c.Name(), d)
		}
		var de *codec.DecodeError
		if err := codec.Unmarshal(c, sent(t, c, codec.Opaque{ID: 3}), &got, reg); !errors.As(err, &de) {
			t.Errorf("%s: the id 3, of which nobody knows: %v, %v", c.Name(), got, err)
		}
	}
}

// The target takes precedence over the registry.
func TestOpaqueTargets(t *testing.T) {
	reg := registry(t, codec.NewStructSerializer[point]()).WithDecoding(codec.Decoding{Opaque: true})
	for _, c := range everyCodec {
		b := sent(t, c, []any{codec.Opaque{ID: 0, Data: map[string]any{"x": 1.0, "y": 2.0}}, codec.Opaque{ID: 9, Data: "?"}})
		var all []codec.Opaque
		if err := codec.Unmarshal(c, b, &all, reg); err != nil {
			t.Fatal(err)
		}
		want := []codec.Opaque{{ID: 0, Data: map[string]any{"x": 1.0, "y": 2.0}}, {ID: 9, Data: "?"}}
		if d := cmp.Diff(want, all); d != "" {
			t.Errorf("%s: %s", c.Name(), d)
		}
		for _, wrong := range []any{nil, 1, map[string]int{"a": 1}, []int{}} {
			var x codec.Opaque
			var de *codec.DecodeError
			if err := codec.Unmarshal(c, sent(t, c, wrong), &x, reg); !errors.As(err, &de) {
				t.Errorf("%s: %v as an Opaque: %v, %v", c.Name(), wrong, x, err)
			}
		}
		var p struct{ P point }
		var de *codec.DecodeError
		if err := codec.Unmarshal(c, sent(t, c, map[string]any{"p": codec.Opaque{ID: 9}}), &p, reg); !errors.As(err, &de) {
			t.Errorf("%s: the id 9 as a point: %v", c.Name(), err)
		}
	}
}

func TestMessageDecode(t *testing.T) {
	for _, c := range everyCodec {
		payload, err := c.AppendMessage(nil, codec.Request, 3, &codec.Call{Path: "a/b", Args: []any{1, point{1, 2}}}, registry(t, codec.NewStructSerializer[point]()))
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.ParseMessage(payload, codec.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var call codec.Call
		if err := m.Decode(c, &call, new(codec.Registry).WithDecoding(codec.Decoding{Opaque: true})); err != nil {
			t.Fatal(err)
		}
		want := codec.Call{
			Path: "a/b", Kwargs: map[string]any{},
			Args: []any{int64(1), codec.Opaque{ID: 0, Data: map[string]any{"x": 1.0, "y": 2.0}}},
		}
		if d := cmp.Diff(want, call); d != "" {
			t.Errorf("%s: %s", c.Name(), d)
		}
	}
}

// A recorder prints custom types that it does not know.
func ExampleMessage_Decode() {
	payload := []byte(`[0, 7, ["agents/0/move", [{"__type__": [1, [2.5, 0.5]]}], {"speed": 3, "at": "noon"}]]`)
	m, err := json.Codec.ParseMessage(payload, codec.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var content any
	all := new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true})
	if err := m.Decode(json.Codec, &content, all); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Type, m.ID, content)
	// Output: REQUEST 7 [agents/0/move [{1 [2.5 0.5]}] [{speed 3} {at noon}]]
}
