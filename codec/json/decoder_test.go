package json_test

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

func decoder(text string) codec.Decoder {
	d := json.Codec.NewDecoder()
	d.Reset([]byte(text), nil)
	return d
}

// Each pair is from Python: json.loads(text).
func TestAny(t *testing.T) {
	ten30, _ := new(big.Int).SetString("-1"+strings.Repeat("0", 30), 10)
	tests := []struct {
		text string
		want any
	}{
		{`null`, nil}, {`true`, true}, {`false`, false},
		{`0`, int64(0)}, {`-0`, int64(0)}, {`9223372036854775807`, int64(math.MaxInt64)}, {`-9223372036854775808`, int64(math.MinInt64)}, {`9223372036854775808`, uint64(1 << 63)}, {`18446744073709551615`, uint64(math.MaxUint64)},
		{`18446744073709551616`, new(big.Int).Lsh(big.NewInt(1), 64)}, {`-9223372036854775809`, new(big.Int).Sub(big.NewInt(math.MinInt64), big.NewInt(1))}, {`-1000000000000000000000000000000`, ten30},
		{`1.0`, 1.0}, {`-0.0`, math.Copysign(0, -1)}, {`1e5`, 1e5}, {`1E-2`, 0.01}, {`1e400`, math.Inf(1)}, {`-1e400`, math.Inf(-1)}, {`1e-400`, 0.0}, {`Infinity`, math.Inf(1)}, {`-Infinity`, math.Inf(-1)}, {`NaN`, math.Float64frombits(0x7ff8000000000000)},
		{`0.1`, 0.1}, {`123456789.123456789`, 123456789.123456789}, {`2.2250738585072011e-308`, 2.2250738585072011e-308}, {`0.00000000000000000000000012345678901234567`, 1.2345678901234567e-25}, {`1234567890123456789012345678901234567890.5`, 1234567890123456789012345678901234567890.5},
		{strings.Repeat("9", 400) + ".0", math.Inf(1)}, {`0.` + strings.Repeat("0", 400) + `1`, 0.0}, {`0.` + strings.Repeat("0", 400) + `1e401`, 1.0}, {`1` + strings.Repeat("0", 400) + `e-400`, 1.0}, {`1e-99999999999999999999`, 0.0}, {`0e99999999999999999999`, 0.0},
		{`""`, ""}, {`"a\u00e9\ud83d\ude00\ud800"`, "aé😀\xed\xa0\x80"}, {`"\ude00\ud83d"`, "\xed\xb8\x80\xed\xa0\xbd"}, {`"\ud83d\ud83d\ude00"`, "\xed\xa0\xbd😀"}, {`"\ud83dx"`, "\xed\xa0\xbdx"}, {`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"}, {`"\u0000\u001F\uABCD"`, "\x00\x1f\uabcd"},
		{`"` + strings.Repeat("abcdefgh", 100) + `\n` + strings.Repeat("x", 100) + `\""`, strings.Repeat("abcdefgh", 100) + "\n" + strings.Repeat("x", 100) + "\""},
		{`[]`, []any{}}, {`[1, [2.0, []], {}]`, []any{int64(1), []any{2.0, []any{}}, map[string]any{}}}, {`{"a": {"b": [1]}, "a": 2, "\u0061b": 3}`, map[string]any{"a": int64(2), "ab": int64(3)}}, {`{"": 1, "a\"b": 2, "ä": 3}`, map[string]any{"": int64(1), `a"b`: int64(2), "ä": int64(3)}},
	}
	for _, tt := range tests {
		for text, want := range map[string]any{
			tt.text:                     tt.want,
			" " + tt.text + "\n":        tt.want,
			"[" + tt.text + ",7]":       []any{tt.want, int64(7)},
			"{\"k\":\t" + tt.text + "}": map[string]any{"k": tt.want},
		} {
			if got, err := decodeAny([]byte(text), nil); err != nil || !same(want, got) {
				t.Errorf("%.60s: %s, %v, want %s", text, show(got), err, show(want))
			}
		}
	}
}

func TestCursor(t *testing.T) {
	d := decoder(` [null, true, -5, 18446744073709551615, 1.5, "a\n", [], {"k" : [1, 2], "l": null}, 123456789012345678901, {"skip": [{"x": "]"}]}, 7]`)
	check := func(what string, got, want any, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v, want %v", what, got, err, want)
		}
	}
	kind := func(want codec.Kind) {
		t.Helper()
		if k := d.Kind(); k != want {
			t.Errorf("Kind is %v, want %v", k, want)
		}
	}
	more := func(want bool) {
		t.Helper()
		if d.More() != want {
			t.Errorf("More is %v", !want)
		}
	}
	kind(codec.KindList)
	n, err := d.List()
	check("List", n, -1, err)
	more(true)
	kind(codec.KindNull)
	check("Null", nil, nil, d.Null())
	more(true)
	kind(codec.KindBool)
	b, err := d.Bool()
	check("Bool", b, true, err)
	kind(codec.KindInt)
	i, err := d.Int64()
	check("Int64", i, int64(-5), err)
	u, err := d.Uint64()
	check("Uint64", u, uint64(math.MaxUint64), err)
	kind(codec.KindFloat)
	f, err := d.Float64()
	check("Float64", f, 1.5, err)
	kind(codec.KindString)
	s, err := d.StrBytes()
	check("StrBytes", string(s), "a\n", err)
	kind(codec.KindList)
	_, err = d.List()
	check("List", nil, nil, err)
	more(false)
	more(true)
	kind(codec.KindDict)
	_, err = d.Dict()
	check("Dict", nil, nil, err)
	more(true)
	k, err := d.Str()
	check("Str", k, "k", err)
	raw, err := d.Raw()
	check("Raw", string(raw), "[1, 2]", err)
	more(true)
	k, err = d.Str()
	check("Str", k, "l", err)
	check("Skip", nil, nil, d.Skip())
	more(false)
	big, err := d.BigInt()
	check("BigInt", big.String(), "123456789012345678901", err)
	raw, err = d.Raw()
	check("Raw", string(raw), `{"skip": [{"x": "]"}]}`, err)
	v, err := d.Any()
	check("Any", v, int64(7), err)
	more(false)
	kind(codec.KindInvalid)
	more(false)
	if d.Codec() != json.Codec || d.Registry() != nil {
		t.Error("Codec or Registry")
	}
}

// Every method returns an error for all kinds except its own.
func TestCursorMismatch(t *testing.T) {
	samples := map[codec.Kind]string{codec.KindNull: `null`, codec.KindBool: `true`, codec.KindInt: `5`, codec.KindFloat: `5.5`, codec.KindString: `"5"`, codec.KindList: `[5]`, codec.KindDict: `{"5": 5}`, codec.KindInvalid: ``}
	methods := map[codec.Kind]func(d codec.Decoder) error{
		codec.KindNull:   func(d codec.Decoder) error { return d.Null() },
		codec.KindBool:   func(d codec.Decoder) error { _, err := d.Bool(); return err },
		codec.KindInt:    func(d codec.Decoder) error { _, err := d.Int64(); return err },
		codec.KindFloat:  func(d codec.Decoder) error { _, err := d.Float64(); return err },
		codec.KindString: func(d codec.Decoder) error { _, err := d.Str(); return err },
		codec.KindBytes:  func(d codec.Decoder) error { _, err := d.Bytes(); return err },
		codec.KindList:   func(d codec.Decoder) error { _, err := d.List(); return err },
		codec.KindDict:   func(d codec.Decoder) error { _, err := d.Dict(); return err },
	}
	for kind, text := range samples {
		if k := decoder(text).Kind(); k != kind {
			t.Errorf("Kind of %s is %v", text, k)
		}
		for want, method := range methods {
			err := method(decoder(text))
			var de *codec.DecodeError
			if kind == want && err != nil || kind != want && !errors.As(err, &de) {
				t.Errorf("%v of %s: %v", want, text, err)
			}
		}
	}
	for text, methods := range map[string][]func(d codec.Decoder) error{
		`9223372036854775808`:  {func(d codec.Decoder) error { _, err := d.Int64(); return err }},
		`-9223372036854775809`: {func(d codec.Decoder) error { _, err := d.Int64(); return err }, func(d codec.Decoder) error { _, err := d.Uint64(); return err }},
		`-1`:                   {func(d codec.Decoder) error { _, err := d.Uint64(); return err }},
		`18446744073709551616`: {func(d codec.Decoder) error { _, err := d.Int64(); return err }, func(d codec.Decoder) error { _, err := d.Uint64(); return err }},
		`5.0`:                  {func(d codec.Decoder) error { _, err := d.Uint64(); return err }, func(d codec.Decoder) error { _, err := d.BigInt(); return err }},
		``:                     {func(d codec.Decoder) error { _, err := d.Any(); return err }, func(d codec.Decoder) error { return d.Skip() }},
	} {
		for i, method := range methods {
			var de *codec.DecodeError
			if err := method(decoder(text)); !errors.As(err, &de) {
				t.Errorf("%d of %s: %v", i, text, err)
			}
		}
	}
}

// Decoded values do not change when the payload is overwritten.
func TestDecodedIsACopy(t *testing.T) {
	type all struct {
		S string
		M map[string]any
		D codec.Dict
		V codec.Value
		L []string
	}
	payload := []byte(`{"s": "text", "m": {"key": "value"}, "d": {"key": "value"}, "v": ["value"], "l": ["value"]}`)
	var x all
	if err := codec.Unmarshal(json.Codec, payload, &x, nil); err != nil {
		t.Fatal(err)
	}
	before := marshal(t, x, nil)
	for i := range payload {
		payload[i] = 'X'
	}
	if after := marshal(t, x, nil); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// A decoder of bytes that were not scanned returns an error, and terminates.
func TestUnscanned(t *testing.T) {
	texts := []string{`[1 2 3]`, `{"a" 1}`, `{1: 2}`, `[`, `{"a"`, `{"a":`, `"abc`, `"\`, `"\u12`, `nul`, `-`, `-I`, `[}`, `{]`, "\x00", "[\x00]", `]`, `1x`, `{"__type__": [`, `{"__type__"`, "\"\xff\"", `[1,,2]`, `é`, strings.Repeat("9", 5000), `1.5.5`, `1e`, `"\q"`, `{"":`, `+1`}
	for _, text := range texts {
		for _, target := range []any{new(any), new([]any), new(map[string]any), new([]float64), new(map[string]float64), new(map[int]int), new(codec.Dict), new(codec.Value), new(string), new(int), new(float64), new(*big.Int), new(Point), new([2]int)} {
			_ = decoder(text).Decode(target)
		}
		d := decoder(text)
		for range 2 * len(text) {
			if d.Skip() != nil {
				break
			}
		}
	}
	for _, open := range []string{"[", `{"":`, `{"a":[`} {
		deep := strings.Repeat(open, 5_000_000/len(open))
		type recursive []recursive
		type node struct{ A []*node }
		for _, target := range []any{new(any), new(recursive), new(node), new(codec.Value), new(codec.Dict)} {
			var de *codec.DecodeError
			if err := decoder(deep).Decode(target); !errors.As(err, &de) {
				t.Errorf("%s… into %T: %v", open, target, err)
			}
		}
	}
}
