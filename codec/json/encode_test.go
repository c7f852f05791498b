package json_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Each pair is from Python: json.dumps(value).
func TestAppendValue(t *testing.T) {
	digits4300, _ := new(big.Int).SetString(strings.Repeat("9", 4300), 10)
	tests := []struct {
		value any
		want  string
	}{
		{nil, `null`}, {true, `true`}, {false, `false`}, {0, `0`}, {-1, `-1`}, {int64(math.MinInt64), `-9223372036854775808`}, {uint64(math.MaxUint64), `18446744073709551615`},
		{new(big.Int).Neg(digits4300), "-" + digits4300.String()}, {new(big.Int).Lsh(big.NewInt(1), 64), `18446744073709551616`},
		{1.0, `1.0`}, {-0.5, `-0.5`}, {math.Copysign(0, -1), `-0.0`}, {1e16, `1e+16`}, {1e-5, `1e-05`}, {5e-324, `5e-324`}, {math.MaxFloat64, `1.7976931348623157e+308`},
		{math.NaN(), `NaN`}, {math.Inf(1), `Infinity`}, {math.Inf(-1), `-Infinity`}, {float32(0.1), `0.10000000149011612`},
		{"", `""`}, {"abc", `"abc"`}, {"\x00\x1f\x7f", `"\u0000\u001f\u007f"`}, {"\b\f\n\r\t\"\\/", `"\b\f\n\r\t\"\\/"`}, {"é", `"\u00e9"`}, {"\u2028", `"\u2028"`}, {"😀", `"\ud83d\ude00"`}, {"\U0010ffff", `"\udbff\udfff"`}, {"\uffff", `"\uffff"`},
		{"\xed\xa0\x80", `"\ud800"`}, {"\xed\xbf\xbf", `"\udfff"`}, {"\xed\xa0\xbd\xed\xb8\x80", `"\ud83d\ude00"`}, {"a\xed\xa0\x80b", `"a\ud800b"`},
		{strings.Repeat("x", 5000) + "é" + strings.Repeat("y", 5000), `"` + strings.Repeat("x", 5000) + `\u00e9` + strings.Repeat("y", 5000) + `"`},
		{[]any{}, `[]`}, {[]any{1, "a", nil, []any{2.0}}, `[1, "a", null, [2.0]]`}, {map[string]any{}, `{}`}, {map[string]any{"b": 1, "a": []any{}}, `{"a": [], "b": 1}`},
		{dict("b", 1, "a", 2), `{"b": 1, "a": 2}`}, {dict(1, 1, 2.5, 2, true, 3, nil, 4, math.NaN(), 5, 1e22, 6, false, 7), `{"1": 1, "2.5": 2, "true": 3, "null": 4, "NaN": 5, "1e+22": 6, "false": 7}`},
		{dict("é\"", 1), `{"\u00e9\"": 1}`}, {dict(digits4300, 1), `{"` + digits4300.String() + `": 1}`}, {dict(uint64(math.MaxUint64), 1), `{"18446744073709551615": 1}`},
		{&codec.Call{Path: "a/b", Args: []any{1, 2.5, "x", nil, true, int64(3)}}, `["a/b", [1, 2.5, "x", null, true, 3], {}]`},
		{&codec.Call{Path: "é", Args: []any{[]any{1}}, Kwargs: map[string]any{"k": "v"}}, `["\u00e9", [[1]], {"k": "v"}]`},
	}
	for _, tt := range tests {
		got, err := json.Codec.AppendValue([]byte("before"), tt.value, nil)
		if want := "before" + tt.want; err != nil || string(got) != want {
			t.Errorf("%s: %.100s, %v, want %.100s", show(tt.value), got, err, want)
		}
		got, err = json.Codec.AppendMessage([]byte("before"), codec.Result, -42, tt.value, nil)
		if want := "before[1, -42, " + tt.want + "]"; err != nil || string(got) != want {
			t.Errorf("%s: %.100s, %v, want %.100s", show(tt.value), got, err, want)
		}
	}
}

func TestAppendValueRefuses(t *testing.T) {
	digits4301 := new(big.Int).Exp(big.NewInt(10), big.NewInt(4300), nil)
	huge := new(big.Int).Lsh(big.NewInt(1), 10_000_000)
	tests := []struct {
		value         any
		where, reason string
	}{
		{[]byte("a"), "", `No serializer found for type "[]byte"`}, {[]any{[]byte("a")}, "[0]", `No serializer`},
		{"\xff", "", "invalid UTF-8 at byte 0"}, {"é\xc3", "", "invalid UTF-8 at byte 2"}, {[]string{"a", "\xed\xa0"}, "[1]", "invalid UTF-8 at byte 0"}, {"\xc0\x80", "", "invalid UTF-8"}, {"\xf4\x90\x80\x80", "", "invalid UTF-8"},
		{map[string]any{"\xff": 1}, "", "invalid UTF-8"}, {&codec.Call{Path: "f", Args: []any{"\xff"}}, "args[0]", "invalid UTF-8"}, {&codec.Call{Path: "\xff"}, "path", "invalid UTF-8"},
		{digits4301, "", "more than 4300 digits"}, {huge, "", "more than 4300 digits"}, {dict(digits4301, 1), "", "more than 4300 digits"},
		{dict([]any{1}, 1), "", "keys must be str, int, float, bool or None, not tuple"}, {dict([]byte("a"), 1), "", "keys must be str, int, float, bool or None, not bytes"}, {map[[2]int]int{{1, 2}: 1}, "", "not tuple"}, {map[[1]byte]int{{1}: 1}, "", "not bytes"},
		{map[any]any{struct{ X int }{1}: 1}, "", "keys must be str, int, float, bool or None, not struct { X int }"},
		{nested(501), "[0][0]", "nested deeper than 500"}, {dict("__type__", 1), "", "marks a custom type"},
	}
	for _, tt := range tests {
		for name, appendTo := range map[string]func([]byte) ([]byte, error){
			"value": func(dst []byte) ([]byte, error) { return json.Codec.AppendValue(dst, tt.value, nil) },
			"message": func(dst []byte) ([]byte, error) {
				return json.Codec.AppendMessage(dst, codec.Request, 1, tt.value, nil)
			},
		} {
			got, err := appendTo([]byte("before"))
			var ee *codec.EncodeError
			if !errors.As(err, &ee) || !strings.HasPrefix(ee.Where, tt.where) || !strings.Contains(ee.Reason, tt.reason) {
				t.Errorf("%s: %s: %v, want %q at %q", name, show(tt.value), err, tt.reason, tt.where)
			}
			if string(got) != "before" {
				t.Errorf("%s: %s: an error left %q", name, show(tt.value), got)
			}
		}
	}
	if got, err := json.Codec.AppendMessage(nil, 3, 1, nil, nil); err == nil {
		t.Errorf("message type 3: %s", got)
	}
}

func nested(n int) any {
	v := any(1)
	for range n {
		v = []any{v}
	}
	return v
}

// The nesting limit applies to the whole message.
func TestEncodeDepth(t *testing.T) {
	if _, err := json.Codec.AppendValue(nil, nested(500), nil); err != nil {
		t.Error(err)
	}
	if _, err := json.Codec.AppendMessage(nil, codec.Request, 0, nested(499), nil); err != nil {
		t.Error(err)
	}
	if _, err := json.Codec.AppendMessage(nil, codec.Request, 0, nested(500), nil); err == nil {
		t.Error("a message of 501 levels was encoded")
	}
	call := &codec.Call{Path: "f", Args: []any{nested(497)}}
	if _, err := json.Codec.AppendMessage(nil, codec.Request, 0, call, nil); err != nil {
		t.Error(err)
	}
	call.Args[0] = nested(498)
	if _, err := json.Codec.AppendMessage(nil, codec.Request, 0, call, nil); err == nil {
		t.Error("a call of 501 levels was encoded")
	}
}

// The encoder remembers the keys of previous dicts, which must not affect its
// output.
func TestDictsOneAfterTheOther(t *testing.T) {
	dicts := []struct {
		m    map[string]any
		want string
	}{
		{map[string]any{"d": 1, "c": 2, "b": 3, "a": 4}, `{"a": 4, "b": 3, "c": 2, "d": 1}`},
		{map[string]any{"d": 5, "c": 6, "b": 7, "a": 8}, `{"a": 8, "b": 7, "c": 6, "d": 5}`},
		{map[string]any{"d": 1, "c": 2, "b": 3, "x": 4}, `{"b": 3, "c": 2, "d": 1, "x": 4}`},
		{map[string]any{"d": 1, "c": 2, "b": 3}, `{"b": 3, "c": 2, "d": 1}`},
		{map[string]any{"": 1, "\x00": 2, "\x00\x00": 3, "a\x00": 4, "a": 5}, `{"": 1, "\u0000": 2, "\u0000\u0000": 3, "a": 5, "a\u0000": 4}`},
		{map[string]any{"common_prefix_b": 1, "common_prefix_ab": 2, "common_prefix_": 3, "common_prefix_abcdefghij": 4, "common_prefix_abcdefghii": 5},
			`{"common_prefix_": 3, "common_prefix_ab": 2, "common_prefix_abcdefghii": 5, "common_prefix_abcdefghij": 4, "common_prefix_b": 1}`},
		{map[string]any{"1234567": 1, "12345678": 2, "123456789": 3, "12345679": 4, "\xed\xa0\x80": 5}, `{"1234567": 1, "12345678": 2, "123456789": 3, "12345679": 4, "\ud800": 5}`},
		{map[string]any{strings.Repeat("long", 20): 1, "b": 2, "c": 3, "a": 4}, `{"a": 4, "b": 2, "c": 3, "` + strings.Repeat("long", 20) + `": 1}`},
		{map[string]any{}, `{}`},
	}
	for round := range 3 {
		for _, d := range dicts {
			if got := marshal(t, d.m, nil); got != d.want {
				t.Errorf("round %d: %s, want %s", round, got, d.want)
			}
			if got, want := marshal(t, []any{d.m, map[string]any{"x": d.m}, d.m}, nil), `[`+d.want+`, {"x": `+d.want+`}, `+d.want+`]`; got != want {
				t.Errorf("round %d: %s, want %s", round, got, want)
			}
			back, err := decodeAny([]byte(`[`+d.want+`, {"x": `+d.want+`}, `+d.want+`]`), nil)
			if err != nil || marshal(t, back, nil) != marshal(t, []any{d.m, map[string]any{"x": d.m}, d.m}, nil) {
				t.Errorf("round %d: %s came back as %s, %v", round, d.want, show(back), err)
			}
		}
		large := make(map[string]any)
		for i := range 500 * (round + 1) {
			large[strings.Repeat("k", i%7)+string(rune('0'+i%10))+strings.Repeat("z", i/70)] = i
		}
		last := ""
		for i, k := range keysOf(t, marshal(t, large, nil)) {
			if i > 0 && k <= last {
				t.Errorf("%q comes after %q", k, last)
			}
			last = k
		}
	}
}

func keysOf(t *testing.T, text string) (keys []string) {
	t.Helper()
	var d codec.Dict
	if err := codec.Unmarshal(json.Codec, []byte(text), &d, nil); err != nil {
		t.Fatal(err)
	}
	for _, e := range d {
		keys = append(keys, e.Key.(string))
	}
	return keys
}
