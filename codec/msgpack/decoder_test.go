package msgpack_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

func decoderOf(raw []byte, reg *codec.Registry) codec.Decoder {
	d := msgpack.Codec.NewDecoder()
	d.Reset(raw, reg)
	return d
}

func TestAnyKeys(t *testing.T) {
	tests := []struct {
		hex  string
		want any
	}{
		{"80", map[string]any{}},
		{"82a16101a16102", map[string]any{"a": int64(2)}},
		{"8101c0", map[any]any{int64(1): nil}},
		{"82a1610102c0", map[any]any{"a": int64(1), int64(2): nil}},
		{"83a16101a1610202c0", map[any]any{"a": int64(2), int64(2): nil}},
		{"82cf8000000000000000c0d0ffc3", map[any]any{uint64(1 << 63): nil, int64(-1): true}},
		// One key in all its forms, as Python sees it.
		{"86 0100 cc0101 cd000102 ca3f80000003 c304 cb3ff000000000000005", map[any]any{int64(1): int64(5)}},
		{"82cb000000000000000001cb800000000000000002", map[any]any{0.0: int64(2)}},
		{"82cbbff000000000000001ff02", map[any]any{-1.0: int64(2)}},
		// Keys that Go cannot have keep their order.
		{"81c40161c0", dict([]byte("a"), nil)},
		{"83a161019001a16102", dict("a", int64(2), []any{}, int64(1))},
		{"8391c301910102920102c0", dict([]any{true}, int64(2), []any{int64(1), int64(2)}, nil)},
		{"8201c0c40161c0", dict(int64(1), nil, []byte("a"), nil)},
		{"82c4016101c500016102", dict([]byte("a"), int64(2))},
		{"81d40561c0", dict(msgpack.Ext{Code: 5, Data: []byte("a")}, nil)},
	}
	for _, tt := range tests {
		got, err := decodeAny(t, unhex(t, tt.hex), nil)
		if err != nil || !same(got, tt.want) {
			t.Errorf("%s: %s, %v, want %s", tt.hex, show(got), err, show(tt.want))
		}
	}
	nan, err := decodeAny(t, unhex(t, "82cb7ff800000000000001cb7ff800000000000002"), nil)
	if m, ok := nan.(map[any]any); err != nil || !ok || len(m) != 2 {
		t.Errorf("NaN equals itself: %v, %v", nan, err)
	}
}

func TestAnyExt(t *testing.T) {
	for hex, want := range map[string]msgpack.Ext{
		"d40561":          {Code: 5, Data: []byte("a")},
		"c70005":          {Code: 5, Data: []byte{}},
		"d4ff00":          {Code: -1, Data: []byte{0}}, // no Python would send it
		"c8000207 6162":   {Code: 7, Data: []byte("ab")},
		"c90000000180 00": {Code: -128, Data: []byte{0}},
	} {
		raw := unhex(t, hex)
		got, err := decodeAny(t, raw, nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", hex, got, err)
		}
		var typed struct{ X *msgpack.Ext }
		if err := codec.Unmarshal(msgpack.Codec, append([]byte("\x81\xa1x"), raw...), &typed, nil); err != nil || !reflect.DeepEqual(*typed.X, want) {
			t.Errorf("%s: %v, %v", hex, typed.X, err)
		}
		if k := decoderOf(raw, nil).Kind(); k != codec.KindExt {
			t.Errorf("%s: kind %v", hex, k)
		}
	}
	var x msgpack.Ext
	var de *codec.DecodeError
	if err := codec.Unmarshal(msgpack.Codec, []byte{1}, &x, nil); !errors.As(err, &de) {
		t.Errorf("an int as an Ext: %v", err)
	}
}

func TestCustomTypes(t *testing.T) {
	reg, err := codec.NewRegistry(
		codec.NewStructSerializer[pair](),
		codec.NewSerializer(
			func(c celsius) (map[string]float64, error) { return map[string]float64{"deg": float64(c)}, nil },
			func(m map[string]float64) (celsius, error) { return celsius(m["deg"]), nil }))
	if err != nil {
		t.Fatal(err)
	}
	reg = reg.WithObject(proxyObject)
	const typ = "a85f5f747970655f5f"
	tests := []struct {
		value any
		hex   string
	}{
		{celsius(1), "81" + typ + "920181a3646567cb3ff0000000000000"},
		{pair{1, "x"}, "81" + typ + "920082a5666972737401a67365636f6e64a178"},
		{proxy{"a/b"}, "81" + typ + "9202a3612f62"},
		{[]any{celsius(0), nil}, "9281" + typ + "920181a3646567cb0000000000000000c0"},
		{map[string]any{"p": proxy{""}}, "81a17081" + typ + "9202a0"},
		// Python can have them as keys.
		{map[any]any{proxy{"a"}: int64(1)}, "8181" + typ + "9202a16101"},
		{dict([]any{celsius(1)}, nil), "819181" + typ + "920181a3646567cb3ff0000000000000c0"},
	}
	for _, tt := range tests {
		got, err := msgpack.Codec.AppendValue(nil, tt.value, reg)
		if want := unhex(t, tt.hex); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: %x, %v, want %x", tt.value, got, err, want)
			continue
		}
		back, err := decodeAny(t, got, reg)
		if err != nil || !same(back, tt.value) {
			t.Errorf("%v came back as %s, %v", tt.value, show(back), err)
		}
	}

	// Other entries do not matter, and the last of several such keys counts.
	for _, hex := range []string{
		"82" + typ + "9202a161a178c0", "82a178c0" + typ + "9202a161", "8201c0" + typ + "9202a161",
		"82" + typ + "9202a162" + typ + "9202a161", "83a178c0" + typ + "00" + typ + "9202a161",
		"829001" + typ + "9202a161", "8301c0" + typ + "9202a16190c0",
	} {
		v, err := decodeAny(t, unhex(t, "92"+hex+"07"), reg)
		if err != nil || !same(v, []any{proxy{"a"}, int64(7)}) {
			t.Errorf("%s: %v, %v", hex, v, err)
		}
	}
	for _, hex := range []string{
		"9203c0", "92ffc0", "92d38000000000000000c0", "92cfffffffffffffffffc0", "91c0", "90", "9100", "930200c0", "05", "c0", "80", "9202c0", "9200c0",
		"92cb0000000000000000c0", "92c3c0",
	} {
		v, err := decodeAny(t, unhex(t, "92a0"+"81"+typ+hex), reg)
		var de *codec.DecodeError
		if !errors.As(err, &de) || de.Where != "[1]" {
			t.Errorf("%s: %v, %v", hex, v, err)
		}
	}
	if v, err := decodeAny(t, unhex(t, "81"+typ+"9200c0"), nil); err == nil {
		t.Errorf("without a registry: %v", v)
	}
}

func TestCursor(t *testing.T) {
	d := decoderOf(unhex(t, "9b c0 c3 05 cfffffffffffffffff d0ff ca3f000000 a161 a162 c40163 82a17801a17902 90"), nil)
	check := func(got, want any, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
	}
	n, err := d.List()
	check(n, 11, err)
	more := func() {
		t.Helper()
		if !d.More() {
			t.Fatal("no more elements")
		}
	}
	more()
	check(nil, nil, d.Null())
	more()
	b, err := d.Bool()
	check(b, true, err)
	more()
	i, err := d.Int64()
	check(i, int64(5), err)
	more()
	u, err := d.Uint64()
	check(u, uint64(math.MaxUint64), err)
	more()
	big1, err := d.BigInt()
	check(big1.Int64(), int64(-1), err)
	more()
	f, err := d.Float64()
	check(f, 0.5, err)
	more()
	s, err := d.Str()
	check(s, "a", err)
	more()
	raw, err := d.StrBytes()
	check(string(raw), "b", err)
	more()
	raw, err = d.Bytes()
	check(string(raw), "c", err)
	more()
	n, err = d.Dict()
	check(n, 2, err)
	for want := 1; d.More(); want++ {
		check(nil, nil, d.Skip())
		i, err := d.Int64()
		check(i, int64(want), err)
	}
	more()
	n, err = d.List()
	check(n, 0, err)
	if d.More() {
		t.Fatal("the empty list has elements")
	}
	for range 2 {
		if d.More() {
			t.Fatal("the list has no end")
		}
	}
}

func TestRaw(t *testing.T) {
	d := decoderOf(unhex(t, "92dc0001c2 80"), nil)
	if _, err := d.List(); err != nil || !d.More() {
		t.Fatal(err)
	}
	if raw, err := d.Raw(); err != nil || !bytes.Equal(raw, []byte{0xdc, 0, 1, 0xc2}) || cap(raw) != len(raw) {
		t.Errorf("%x, %v", raw, err)
	}
	if k := d.Kind(); k != codec.KindDict {
		t.Errorf("then %v", k)
	}
}

func TestCursorMismatches(t *testing.T) {
	values := map[codec.Kind]string{
		codec.KindNull: "c0", codec.KindBool: "c3", codec.KindInt: "05", codec.KindFloat: "cb3ff0000000000000", codec.KindString: "a161",
		codec.KindBytes: "c40161", codec.KindList: "9101", codec.KindDict: "8101a0", codec.KindExt: "d40561", codec.KindInvalid: "",
	}
	reads := map[codec.Kind][]func(codec.Decoder) error{
		codec.KindNull:   {codec.Decoder.Null},
		codec.KindBool:   {func(d codec.Decoder) error { _, err := d.Bool(); return err }},
		codec.KindFloat:  {func(d codec.Decoder) error { _, err := d.Float64(); return err }},
		codec.KindString: {func(d codec.Decoder) error { _, err := d.Str(); return err }, func(d codec.Decoder) error { _, err := d.StrBytes(); return err }},
		codec.KindBytes:  {func(d codec.Decoder) error { _, err := d.Bytes(); return err }},
		codec.KindList:   {func(d codec.Decoder) error { _, err := d.List(); return err }},
		codec.KindDict:   {func(d codec.Decoder) error { _, err := d.Dict(); return err }},
		codec.KindInt: {
			func(d codec.Decoder) error { _, err := d.Int64(); return err },
			func(d codec.Decoder) error { _, err := d.Uint64(); return err },
			func(d codec.Decoder) error { _, err := d.BigInt(); return err },
		},
	}
	for kind, hex := range values {
		for want, fs := range reads {
			for _, read := range fs {
				d := decoderOf(unhex(t, hex), nil)
				if d.Kind() != kind {
					t.Fatalf("%s: kind %v", hex, d.Kind())
				}
				err := read(d)
				var de *codec.DecodeError
				if kind == want && err != nil || kind != want && !errors.As(err, &de) {
					t.Errorf("%v read as %v: %v", kind, want, err)
				}
			}
		}
	}
	if _, err := decoderOf(unhex(t, "cf8000000000000000"), nil).Int64(); err == nil {
		t.Error("2⁶³ is an int64")
	}
	if _, err := decoderOf(unhex(t, "ff"), nil).Uint64(); err == nil {
		t.Error("-1 is a uint64")
	}
	if n, err := decoderOf(unhex(t, "cfffffffffffffffff"), nil).BigInt(); err != nil || n.Cmp(new(big.Int).SetUint64(math.MaxUint64)) != 0 {
		t.Error(n, err)
	}
}

func TestDecodeTyped(t *testing.T) {
	// What the fast ways leave to the walk, they leave as they found it.
	tests := []struct {
		hex    string
		target any
		want   any // nil: an error
	}{
		{"92cb3ff0000000000000cb4000000000000000", new([]float64), []float64{1, 2}},
		{"90", new([]float64), []float64{}},
		{"c0", new([]float64), []float64(nil)},
		{"92cb3ff000000000000002", new([]float64), []float64{1, 2}},
		{"9202ca3f000000", new([]float64), []float64{2, 0.5}},
		{"92cb3ff0000000000000c0", new([]float64), nil},
		{"81a161cb3ff0000000000000", new([]float64), nil},
		{"81a161cb3ff0000000000000", new(map[string]float64), map[string]float64{"a": 1}},
		{"82a161cb3ff0000000000000a16102", new(map[string]float64), map[string]float64{"a": 2}},
		{"80", new(map[string]float64), map[string]float64{}},
		{"c0", new(map[string]float64), map[string]float64(nil)},
		{"8101cb3ff0000000000000", new(map[string]float64), nil},
		{"81a85f5f747970655f5fcb3ff0000000000000", new(map[string]float64), nil},
		{"82a161cb3ff0000000000000a162c0", new(map[string]float64), nil},
		{"81a16191cb3ff0000000000000", new(map[string][]float64), map[string][]float64{"a": {1}}},
		{"ccff", new(uint8), uint8(255)},
		{"cd0100", new(uint8), nil},
		{"cb3ff8000000000000", new(int), nil},
		{"05", new(float64), 5.0},
		{"9301a161c3", &codec.Tuple{new(int), new(string), new(bool)}, codec.Tuple{1, "a", true}},
		{"81c4016101", new(codec.Dict), dict([]byte("a"), int64(1))},
		{"8105a161", new(map[int]string), map[int]string{5: "a"}},
		{"8192010207", new(map[[2]int]int), map[[2]int]int{{1, 2}: 7}},
		{"8101c0", new(map[any]any), map[any]any{int64(1): nil}},
	}
	for _, tt := range tests {
		err := codec.Unmarshal(msgpack.Codec, unhex(t, tt.hex), tt.target, nil)
		got := reflect.ValueOf(tt.target).Elem().Interface()
		if tuple, ok := got.(codec.Tuple); ok && err == nil {
			values := codec.Tuple{}
			for _, p := range tuple {
				values = append(values, reflect.ValueOf(p).Elem().Interface())
			}
			got = values
		}
		var de *codec.DecodeError
		if tt.want == nil {
			if !errors.As(err, &de) {
				t.Errorf("%s into %T: %v, %v", tt.hex, tt.target, got, err)
			}
		} else if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s into %T: %v, %v", tt.hex, tt.target, got, err)
		}
	}
}

// Nothing that a decoder returns aliases its input, which is a read buffer.
func TestDecodeCopies(t *testing.T) {
	raw := encoded(t, map[string]any{"key": []any{"text", []byte("bytes"), msgpack.Ext{Code: 1, Data: []byte("ext")}, dict([]byte("k"), "v")}})
	d := decoderOf(raw, nil)
	v, err := d.Any()
	if err != nil {
		t.Fatal(err)
	}
	clear(raw)
	want := map[string]any{"key": []any{"text", []byte("bytes"), msgpack.Ext{Code: 1, Data: []byte("ext")}, dict([]byte("k"), "v")}}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("%v", v)
	}
}

// Every payload cut anywhere is refused, and read without a scan it is an
// error, not a panic.
func TestCutPayloads(t *testing.T) {
	for _, c := range golden.Cases(t, "msgpack") {
		if len(c.Payload) > 1000 || c.Error != "" {
			continue
		}
		reg := codectest.Registry(t, c.Types...)
		for n := range c.Payload {
			cut := c.Payload[:n:n]
			if _, err := msgpack.Codec.ParseValue(cut, codec.Limits{}); err == nil {
				t.Errorf("%s: %x was accepted", c.Name, cut)
			}
			if v, err := decoderOf(cut, reg).Any(); err == nil {
				t.Errorf("%s: %x was decoded as %v", c.Name, cut, v)
			}
			var target struct{ X, Y []float64 }
			_ = decoderOf(cut, reg).Decode(&target)
			if err := decoderOf(cut, reg).Skip(); err == nil {
				t.Errorf("%s: %x was skipped", c.Name, cut)
			}
		}
	}
}

// Without a scan the nesting is bounded too.
func TestDecodeDepth(t *testing.T) {
	deep := bytes.Repeat([]byte{0x91}, 1<<20)
	if _, err := decoderOf(deep, nil).Any(); err == nil {
		t.Error("Any has no end")
	}
	type list []list
	var l list
	if err := decoderOf(deep, nil).Decode(&l); err == nil {
		t.Error("Decode has no end")
	}
	if err := decoderOf(append(deep, 0xc0), nil).Skip(); err != nil {
		t.Error(err)
	}
}
