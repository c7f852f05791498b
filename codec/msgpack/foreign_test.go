package msgpack_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	vmsgpack "github.com/vmihailenco/msgpack/v5"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// The users' types for vmihailenco/msgpack.
type (
	// byThat leaves a whole value to that package.
	byThat[T any] struct{ V T }
	tagged        struct {
		ID    int64             `msgpack:"id"`
		Small float32           `msgpack:"small,omitempty"`
		Names map[string]string `msgpack:"names,omitempty"`
		Any   any               `msgpack:"any,omitempty"`
		Next  *tagged           `msgpack:"next,omitempty"`
		Ours  *withAiomasTag    `msgpack:"ours,omitempty"`
	}
	withAiomasTag struct {
		Speed int `aiomas:"v" msgpack:"not_this"`
	}
	asArray struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // read by reflection
		X, Y     int
	}
	custom struct{ a, b int }
	wire   struct{ text string }
	ext    struct{ N uint32 }
)

func (x byThat[T]) EncodeMsgpack(e *vmsgpack.Encoder) error  { return e.Encode(x.V) }
func (x *byThat[T]) DecodeMsgpack(d *vmsgpack.Decoder) error { return d.Decode(&x.V) }

func of[T any](v T) byThat[T] { return byThat[T]{v} }

func (c custom) EncodeMsgpack(e *vmsgpack.Encoder) error  { return e.EncodeMulti(c.a, c.b) }
func (c *custom) DecodeMsgpack(d *vmsgpack.Decoder) error { return d.DecodeMulti(&c.a, &c.b) }

// pairOf is a custom type that writes one value, as it must.
type pairOf struct{ A, B int }

func (p *pairOf) EncodeMsgpack(e *vmsgpack.Encoder) error {
	if err := e.EncodeArrayLen(2); err != nil {
		return err
	}
	return e.EncodeMulti(p.A, p.B)
}

func (p *pairOf) DecodeMsgpack(d *vmsgpack.Decoder) error {
	if n, err := d.DecodeArrayLen(); err != nil || n != 2 {
		return fmt.Errorf("%d elements, %w", n, err)
	}
	return d.DecodeMulti(&p.A, &p.B)
}

func (w wire) MarshalMsgpack() ([]byte, error)  { return vmsgpack.Marshal(w.text) }
func (w *wire) UnmarshalMsgpack(b []byte) error { return vmsgpack.Unmarshal(b, &w.text) }

func (x *ext) MarshalMsgpack() ([]byte, error) { return binary.BigEndian.AppendUint32(nil, x.N), nil }
func (x *ext) UnmarshalMsgpack(b []byte) error {
	if len(b) != 4 {
		return errors.New("want 4 bytes")
	}
	x.N = binary.BigEndian.Uint32(b)
	return nil
}

func init() { vmsgpack.RegisterExt(42, (*ext)(nil)) }

func TestForeign(t *testing.T) {
	tests := []struct {
		value any
		hex   string
	}{
		{of(tagged{ID: 300}), "81 a26964 cd012c"},
		{of(&tagged{ID: -1}), "81 a26964 ff"},
		{of(tagged{Small: 0.5}), "82 a26964 00 a5736d616c6c ca3f000000"},
		{of(tagged{Names: map[string]string{"b": "", "a": ""}}), "82 a26964 00 a56e616d6573 82 a161 a0 a162 a0"},
		{of(tagged{ID: 1, Next: &tagged{ID: 2}}), "82 a26964 01 a46e657874 81 a26964 02"},
		{of(tagged{Ours: &withAiomasTag{7}}), "82 a26964 00 a46f757273 81 a86e6f745f74686973 07"},
		{withAiomasTag{7}, "81 a176 07"},
		{of(asArray{X: 1, Y: 200}), "92 01 ccc8"},
		{pairOf{1, -1}, "92 01 ff"},
		{[]pairOf{{1, 2}}, "91 92 01 02"},
		{map[string]any{"p": &pairOf{1, 2}}, "81 a170 92 01 02"},
		{wire{"abc"}, "a3 616263"},
		{vmsgpack.RawMessage("\x01"), "01"},
		// Also what others have written at length.
		{vmsgpack.RawMessage("\xdc\x00\x03\xd1\x00\x01\xca\x3f\x00\x00\x00\xdb\x00\x00\x00\x01a"), "93 01 ca3f000000 a161"},
		{vmsgpack.RawMessage("\xdf\x00\x00\x00\x01\xc6\x00\x00\x00\x01a\xc5\x00\x01b"), "81 c40161 c40162"},
		{&ext{7}, "d62a 00000007"},
		{[]ext{{1}}, "91 d62a 00000001"},
	}
	for _, tt := range tests {
		got, err := msgpack.Codec.AppendValue(nil, tt.value, nil)
		if want := unhex(t, tt.hex); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: %x, %v, want %x", tt.value, got, err, want)
			continue
		}
		target := reflect.New(reflect.TypeOf(tt.value))
		if err := codec.Unmarshal(msgpack.Codec, got, target.Interface(), nil); err != nil {
			t.Errorf("%x into %T: %v", got, tt.value, err)
			continue
		}
		again, err := msgpack.Codec.AppendValue(nil, target.Elem().Interface(), nil)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("%+v came back as %+v", tt.value, target.Elem())
		}
	}
}

type (
	panics struct{}
	fails  struct{}
	silent struct{}
	circle struct {
		Next *circle `msgpack:"next"`
	}
	timed struct {
		At time.Time `msgpack:"at"`
	}
	interned struct {
		A string `msgpack:"a,intern"`
		B string `msgpack:"b,intern"`
	}
)

func (panics) EncodeMsgpack(*vmsgpack.Encoder) error  { panic("oh") }
func (*panics) DecodeMsgpack(*vmsgpack.Decoder) error { panic("oh") }
func (fails) EncodeMsgpack(*vmsgpack.Encoder) error   { return errFails }
func (*fails) DecodeMsgpack(*vmsgpack.Decoder) error  { return errFails }
func (silent) EncodeMsgpack(*vmsgpack.Encoder) error  { return nil }
func (*silent) DecodeMsgpack(*vmsgpack.Decoder) error { return nil }

var errFails = errors.New("fails")

// What such a type must not do to a Python peer, or to this process.
func TestForeignRefuses(t *testing.T) {
	round := &circle{}
	round.Next = round
	raw := func(s string) vmsgpack.RawMessage { return vmsgpack.RawMessage(s) }
	tests := []struct {
		name  string
		value any
		is    error
	}{
		{"time", of(timed{time.Unix(0, 0)}), nil},
		{"interned string", of(interned{"abc", "abc"}), nil},
		{"negative extension", raw("\xd4\xff\x00"), nil},
		{"extension 128", raw("\xc7\x01\x80\x00"), nil},
		{"map as key", raw("\x81\x80\xc0"), nil},
		{"invalid UTF-8", raw("\xa1\xff"), nil},
		{"Go string with invalid UTF-8", of(tagged{Any: "\xed\xa0\x80"}), nil},
		{"nothing", raw(""), nil},
		{"silent", silent{}, nil},
		{"two values", custom{1, 2}, nil},
		{"half a value", raw("\x92\x01"), nil},
		{"c1", raw("\xc1"), nil},
		{"reserved key", raw("\x81\xa8__type__\x92\x00\xc0"), nil},
		{"reserved key below", raw("\x91\x81\xa8__type__\xc0"), nil},
		{"reserved key, long header", raw("\x81\xd9\x08__type__\xc0"), nil},
		{"too deep", raw(strings.Repeat("\x91", 501) + "\x00"), nil},
		{"too deep with what is around", []any{[]any{raw(strings.Repeat("\x91", 499) + "\x00")}}, nil},
		{"contains itself", of(round), nil},
		{"panic", panics{}, nil},
		{"error", fails{}, errFails},
		{"unsupported", of(tagged{Any: make(chan int)}), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := msgpack.Codec.AppendValue([]byte("before"), tt.value, nil)
			var ee *codec.EncodeError
			if !errors.As(err, &ee) || string(got) != "before" {
				t.Fatalf("got %x, %v", got, err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
		})
	}
	// The key is reserved, not the word.
	if got, err := msgpack.Codec.AppendValue(nil, raw("\x92\xa8__type__\x81\x01\xa8__type__"), nil); err != nil {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := msgpack.Codec.AppendValue(nil, []any{raw(strings.Repeat("\x91", 499) + "\x00")}, nil); err != nil {
		t.Error(err)
	}
}

func TestForeignDecodeErrors(t *testing.T) {
	tests := []struct {
		name   string
		hex    string
		target any
		is     error
	}{
		{"panic", "01", new(panics), nil},
		{"error", "01", new(fails), errFails},
		{"nothing read", "01", new(silent), nil},
		{"too little", "93010203", new(pairOf), nil},
		{"too much", "9101", new(pairOf), nil},
		{"another kind", "a161", new(byThat[tagged]), nil},
		{"within", "81a26964a161", new(byThat[tagged]), nil},
		{"extension in a RawMessage", "d40561", new(vmsgpack.RawMessage), nil},
		{"extension in an Unmarshaler", "d40561", new(wire), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var de *codec.DecodeError
			err := codec.Unmarshal(msgpack.Codec, unhex(t, tt.hex), tt.target, nil)
			if !errors.As(err, &de) {
				t.Fatalf("%+v, %v", tt.target, err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
		})
	}
	// What follows is not touched.
	d := decoderOf(unhex(t, "92 92 01 02 a161"), nil)
	var two codec.Tuple
	p, s := pairOf{}, ""
	two = codec.Tuple{&p, &s}
	if err := d.Decode(&two); err != nil || p != (pairOf{1, 2}) || s != "a" {
		t.Errorf("%v %v, %v", p, s, err)
	}
}

// That package skips the header of an extension where it expects a map, and
// would take what is in it for a map of 4 billion entries: 5 bytes would end
// the process. The scan cannot see them, so the reader must.
func TestForeignHostileExtensions(t *testing.T) {
	type unmarshals struct {
		W wire                `msgpack:"w"`
		R vmsgpack.RawMessage `msgpack:"r"`
	}
	type maps struct {
		M map[string]any `msgpack:"m"`
		N map[string]int `msgpack:"n"`
		A any            `msgpack:"a"`
		E *ext           `msgpack:"e"`
	}
	huge := []string{"\xdf\xff\xff\xff\xff", "\x81\xa1k\xdd\xff\xff\xff\xff", "\xc0\xa1m\xdf\xff\xff\xff\xff", "\x80\xa1a\xdd\xff\xff\xff\xff"}
	for _, data := range huge {
		for _, code := range []byte{5, 42, 0xff, 0x80} {
			x := append([]byte{0xc7, byte(len(data)), code}, data...)
			for _, key := range []string{"m", "n", "a", "e", "w", "r", "unknown"} {
				for _, rest := range []string{"", "\xa1m\x80", "\xa1a\x91\x01"} {
					payload := []byte{0x81}
					if rest != "" {
						payload[0]++
					}
					payload = append(append(append(payload, 0xa0|byte(len(key))), key...), x...)
					payload = append(payload, rest...)
					for _, target := range []any{new(byThat[maps]), new(byThat[unmarshals]), new(byThat[tagged])} {
						var err error
						if got := allocated(func() { err = codec.Unmarshal(msgpack.Codec, payload, target, nil) }); got > 1<<20 {
							t.Errorf("%x into %T: %d bytes were allocated, %v", payload, target, got, err)
						}
					}
				}
			}
		}
	}
	// But the registered ones are read, whatever their data look like.
	for _, n := range []uint32{1, 0xdfffffff, 0x80000000, 0xc0c0c0c0} {
		want := maps{E: &ext{n}}
		raw := fmt.Sprintf("84 a16d c0 a16e c0 a161 d62a%08x a165 d62a%08x", n, n)
		var got byThat[maps]
		if err := codec.Unmarshal(msgpack.Codec, unhex(t, raw), &got, nil); err != nil || got.V.E.N != want.E.N || got.V.A.(*ext).N != n {
			t.Errorf("%x: %+v, %v", n, got, err)
		}
	}
}

func TestForeignFloat32Exact(t *testing.T) {
	for _, x := range []float32{0.1, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(-1))} {
		var v any
		b := encoded(t, of(tagged{Small: x})) // which Python reads as this float, too
		if err := codec.Unmarshal(msgpack.Codec, b, &v, nil); err != nil || v.(map[string]any)["small"] != float64(x) {
			t.Errorf("%v became %v, %v", x, v, err)
		}
	}
}

// The look at what is being written does not stop what is only long.
func TestForeignLong(t *testing.T) {
	names := make(map[string]string)
	var last *tagged
	for i := range 100 {
		last = &tagged{ID: int64(i), Next: last, Any: strings.Repeat("x", 70_000/(i+1))}
		names[fmt.Sprint(i)] = strings.Repeat("é", 50*i)
	}
	last.Names = names
	b := encoded(t, of(last))
	if len(b) < 16*4096 {
		t.Fatalf("only %d bytes", len(b))
	}
	var back byThat[*tagged]
	if err := codec.Unmarshal(msgpack.Codec, b, &back, nil); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.V, last) {
		t.Error("it came back as another")
	}
}

// A msgpack tag names a field, and nothing else is another than without it: the
// bytes are those of an aiomas tag, and what does not fit is refused.
func TestTagsOnlyName(t *testing.T) {
	type inner struct{ FirstName string }
	type named struct {
		GetName string
		List    []int
		Speed   float32
		In      inner          `msgpack:"inside"`
		M       map[string]int `msgpack:"m,omitempty"`
		Tiny    int8           `msgpack:"-"`
	}
	type ours struct {
		GetName string
		List    []int
		Speed   float32
		In      inner          `aiomas:"inside"`
		M       map[string]int `aiomas:"m,omitempty"`
		Tiny    int8           `aiomas:"-"`
	}
	for _, v := range []named{{}, {"n", []int{1}, 0.1, inner{"f"}, map[string]int{"b": 1, "a": 2, "c": 3}, 4}} {
		if got, want := encoded(t, v), encoded(t, ours(v)); !bytes.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", v, got, want)
		}
		v.Tiny = 0
		var back named
		if err := codec.Unmarshal(msgpack.Codec, encoded(t, v), &back, nil); err != nil || back.Speed != v.Speed || back.In != v.In {
			t.Errorf("%+v came back as %+v, %v", v, back, err)
		}
	}
	type strict struct {
		N int8    `msgpack:"n"`
		F float64 `msgpack:"f"`
		P *strict `msgpack:"p"`
	}
	for _, wrong := range []any{
		map[string]any{"n": 300}, map[string]any{"n": -129}, map[string]any{"n": 1.0}, map[string]any{"f": "1"}, map[string]any{"f": true},
		map[string]any{"p": map[string]any{"n": 300}}, map[string]any{"n": nil}, []any{1}, "n",
	} {
		var got strict
		var de *codec.DecodeError
		if err := codec.Unmarshal(msgpack.Codec, encoded(t, wrong), &got, nil); !errors.As(err, &de) {
			t.Errorf("%v became %+v, %v", wrong, got, err)
		}
	}
}
