package base_test

import (
	"bytes"
	"errors"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/base"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// MsgPack by way of plain values.
var own = base.New("own", codectest.PlainMsgPack{})

// With the format MsgPack the codec behaves as the codec MsgPack: it writes and
// refuses the same values, and decodes to the same results.
func TestSameAsMsgPack(t *testing.T) {
	type inner struct {
		A, B, C float64
		Name    string `aiomas:"n,omitempty"`
	}
	reg := codectest.Registry(t, "Point", "complex")
	huge := new(big.Int).Lsh(big.NewInt(1), 80)
	circle := []any{nil}
	circle[0] = circle
	for _, v := range []any{
		nil, true, 1, -1, uint64(1) << 63, big.NewInt(7), (*big.Int)(nil), huge, 1.5, float32(0.5), "x", []byte{0, 1}, [2]byte{1, 2},
		[]int{1, 2}, []string{"a"}, []any{}, []any(nil), codec.Tuple{1, "x"}, map[string]int{"b": 1, "a": 2}, map[string]float64{"b": 1, "a": 2},
		map[string]any{"x": []any{map[string]string{"k": "v"}}}, map[int]string{2: "b", 1: "a"}, map[any]any{1: 2, "a": nil, [2]int{1, 2}: "t"},
		map[any]any{[2]any{1, "x"}: 1, [2]any{1, "w"}: 2, [3]bool{}: 3, [1]any{nil}: 4, codectest.Point{X: 1}: 5, codectest.Point{X: 2}: 6, uint64(1) << 63: 7},
		map[any]any{[1]any{1}: 1, [1]any{true}: 2}, map[any]any{[1]float64{1}: 1, [1]any{uint8(1)}: 2},
		codec.Dict{{Key: "z", Value: 1}, {Key: []byte("b"), Value: 2}, {Key: []any{1, "x"}, Value: 3}, {Key: codec.Opaque{ID: 9, Data: 1}, Value: 4}},
		inner{1, 2, 3, ""}, &inner{A: 1, Name: "n"}, []inner{{}, {B: 2}}, codec.Opaque{ID: 5, Data: []any{codec.Dict{}}},
		codectest.Point{X: 1, Y: "y"}, []any{complex(1, 2), &codectest.Point{X: complex(3, 4)}}, &codectest.Proxy{Path: "a/b"},
		codec.Call{Path: "p", Args: []any{1}, Kwargs: map[string]any{"k": 2}},
		map[string]any{"__type__": 1}, codec.Dict{{Key: map[string]int{}, Value: 1}}, make(chan int), circle, "\xff",
	} {
		want, wantErr := msgpack.Codec.AppendMessage([]byte("before"), codec.Result, 1<<40, v, reg)
		got, err := own.AppendMessage([]byte("before"), codec.Result, 1<<40, v, reg)
		if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) {
			t.Errorf("%#v: %q, %v, want %q, %v", v, got, err, want, wantErr)
		}
		if ee := (*codec.EncodeError)(nil); err != nil {
			if !errors.As(err, &ee) {
				t.Errorf("%#v: %v", v, err)
			}
			continue
		}
		for _, reg := range []*codec.Registry{reg, new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true}), nil} {
			for _, target := range targets {
				sameDecoded(t, got[len("before"):], reg, target)
			}
		}
	}
}

var targets = []func() any{
	func() any { return new(any) }, func() any { return new([]any) }, func() any { return new(map[string]any) }, func() any { return new(codec.Dict) },
	func() any { return new(int8) }, func() any { return new(uint64) }, func() any { return new(float64) }, func() any { return new(string) },
	func() any { return new([]byte) }, func() any { return new(*big.Int) }, func() any { return new([]float64) }, func() any { return new(codec.Opaque) },
	func() any { return new(map[any]any) }, func() any { return new(codectest.Point) }, func() any { return new(codec.Call) }, func() any { return new(bool) },
	func() any { return new(struct{ A, B float64 }) },
}

func sameDecoded(t *testing.T, payload []byte, reg *codec.Registry, target func() any) {
	t.Helper()
	decode := func(c codec.Codec) (any, error) {
		m, err := c.ParseMessage(payload, codec.Limits{})
		if err != nil || m.Type != codec.Result || m.ID != 1<<40 {
			t.Fatalf("%s: %+v, %v", c.Name(), m, err)
		}
		x := target()
		return x, m.Decode(c, x, reg)
	}
	want, wantErr := decode(msgpack.Codec)
	got, err := decode(own)
	if de := (*codec.DecodeError)(nil); (err == nil) != (wantErr == nil) || err != nil && !errors.As(err, &de) {
		t.Errorf("%q into %T: %v, want %v", payload, got, err, wantErr)
	} else if err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%q into %T: %v, want %v", payload, got, codectest.Show(reflect.ValueOf(got).Elem().Interface()), codectest.Show(reflect.ValueOf(want).Elem().Interface()))
	}
}

// A codec.Value is decoded later, and passed on to other codecs.
func TestValues(t *testing.T) {
	b, err := codec.Marshal(own, codec.Dict{{Key: "z", Value: 1}, {Key: "a", Value: []any{nil, 2.5}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v codec.Value
	if err := codec.Unmarshal(own, b, &v, nil); err != nil || v.Kind() != codec.KindDict || !bytes.Equal(v.Raw(), b) {
		t.Fatalf("%v %q, %v", v.Kind(), v.Raw(), err)
	}
	for _, c := range []codec.Codec{own, msgpack.Codec} {
		if again, err := codec.Marshal(c, v, nil); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: %q, %v", c.Name(), again, err)
		}
	}
}

// odd is a format that breaks the rules for formats.
type odd struct {
	value any
	err   error
}

func (o odd) Append(dst []byte, v any) ([]byte, error) {
	if o.value == "panic" {
		panic("oh")
	}
	return append(dst, "bytes"...), o.err
}

func (o odd) Parse([]byte, codec.Limits) (any, error) {
	if o.value == "panic" {
		panic("oh")
	}
	return o.value, o.err
}

func TestOddFormats(t *testing.T) {
	deep := any(1)
	for range 600 {
		deep = []any{deep}
	}
	many := make([]any, 100)
	refused := errors.New("refused")
	for name, f := range map[string]odd{
		"panic": {value: "panic"}, "error": {err: refused}, "no list": {value: 1}, "two": {value: []any{1, 2}},
		"type": {value: []any{3, 1, nil}}, "id": {value: []any{1, "x", nil}}, "big id": {value: []any{1, uint64(1) << 63, nil}}, "nil": {},
	} {
		c := base.New(name, f)
		var ee *codec.EnvelopeError
		if m, err := c.ParseMessage([]byte("x"), codec.Limits{}); !errors.As(err, &ee) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	for name, content := range map[string]any{"deep": deep, "many": many, "a type": struct{}{}, "in a dict": map[string]any{"a": make(chan int)}, "in a key": map[any]any{struct{}{}: 1}} {
		c := base.New(name, odd{value: []any{uint8(1), int16(7), content}})
		var de *codec.DecodeError
		m, err := c.ParseMessage([]byte("x"), codec.Limits{Elements: 50})
		if !errors.As(err, &de) || m.Type != codec.Result || m.ID != 7 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	var ee *codec.EncodeError
	for _, f := range []odd{{value: "panic"}, {err: refused}} {
		if b, err := base.New("odd", f).AppendValue([]byte("before"), 1, nil); !errors.As(err, &ee) || string(b) != "before" {
			t.Errorf("%q, %v", b, err)
		}
	}
	if _, err := own.ParseMessage([]byte("\x93\x01\x01"+strings.Repeat("x", 100)), codec.Limits{Size: 50}); err == nil {
		t.Error("past the size")
	}
}

// Keys are read from text, by a decoder that cannot rewind.
func TestTextKeys(t *testing.T) {
	key := netip.MustParseAddr("::1")
	b, err := codec.Marshal(own, map[netip.Addr]int{key: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var m map[netip.Addr]int
	if err := codec.Unmarshal(own, b, &m, nil); err != nil || m[key] != 1 {
		t.Errorf("%v, %v", m, err)
	}
	if err := codec.Unmarshal(own, b, new(map[int]int), nil); err == nil {
		t.Error("text is an int")
	}
}
