package golden

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCasesLoad(t *testing.T) {
	for codec, least := range map[string]int{"json": 1300, "msgpack": 1300, "msgpack-blosc": 1100} {
		cases := Cases(t, codec)
		if len(cases) < least {
			t.Errorf("%s: %d cases, want at least %d", codec, len(cases), least)
		}
		for _, c := range cases {
			if c.Codec != codec {
				t.Fatalf("%s: codec %q in the file of %s", c.Name, c.Codec, codec)
			}
			if c.Kind == Value && c.Encoded() == (c.Error != "") {
				t.Errorf("%s: encoded and refused, or neither", c.Name)
			}
			if c.Payload != nil {
				if err := c.Match(c.Payload); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestParse(t *testing.T) {
	two := int64(2)
	tests := []struct {
		tagged string
		want   any
	}{
		{`null`, nil},
		{`true`, true},
		{`{"t": "int", "v": "-9223372036854775808"}`, int64(math.MinInt64)},
		{`{"t": "int", "v": "18446744073709551615"}`, uint64(math.MaxUint64)},
		{`{"t": "int", "v": "18446744073709551616"}`, new(big.Int).Lsh(big.NewInt(1), 64)},
		{`{"t": "float", "v": "-0x1.8000000000000p+1"}`, -3.0},
		{`{"t": "float", "v": "0x0.0000000000001p-1022"}`, 5e-324},
		{`{"t": "float", "v": "-inf"}`, math.Inf(-1)},
		{`{"t": "str", "v": "a\u00e9\ud83d\ude00"}`, "aé😀"},
		{`{"t": "str", "wtf8": "eda080"}`, "\xed\xa0\x80"},
		{`{"t": "bytes", "v": ""}`, []byte{}},
		{`{"t": "tuple", "v": [{"t": "int", "v": "2"}, null]}`, []any{two, nil}},
		{`{"t": "dict", "v": [[null, false], [{"t": "int", "v": "2"}, null]]}`, Dict{{nil, false}, {two, nil}}},
		{`{"t": "repeat", "of": "list", "n": 2, "v": null}`, []any{nil, nil}},
		{`{"t": "repeat", "of": "dict", "n": 2, "v": null}`, Dict{{"0", nil}, {"1", nil}}},
		{`{"t": "repeat", "of": "str", "n": 2, "v": {"t": "str", "v": "ab"}}`, "abab"},
		{`{"t": "nest", "of": "tuple", "n": 2, "v": null}`, []any{[]any{nil}}},
		{`{"t": "custom", "id": 1, "class": "Point", "data": {"t": "dict", "v": []}}`, Custom{"Point", 1, Dict{}}},
		{`{"t": "ext", "id": 5, "data": {"t": "bytes", "v": "61"}}`, Ext{5, []byte("a")}},
		{`{"t": "proxy", "v": "a/b"}`, Proxy{"a/b"}},
		{`{"t": "other", "class": "set"}`, Other{"set"}},
	}
	for _, tt := range tests {
		got, err := Parse([]byte(tt.tagged))
		if err != nil {
			t.Errorf("Parse(%s): %v", tt.tagged, err)
		} else if !Equal(tt.want, got) {
			t.Errorf("Parse(%s) = %v, want %v", tt.tagged, got, tt.want)
		}
	}
	nan, err := Parse([]byte(`{"t": "float", "v": "nan", "bits": "fff8000000000000"}`))
	if f, ok := nan.(float64); err != nil || !ok || math.Float64bits(f) != 0xfff8000000000000 {
		t.Errorf("NaN with bits: %v %v", nan, err)
	}
	for _, bad := range []string{`{`, `{"t": "what", "v": "1"}`, `{"t": "int", "v": "x"}`, `{"t": "list", "v": 1}`, `{"t": "int"}`} {
		if v, err := Parse([]byte(bad)); err == nil {
			t.Errorf("Parse(%s) = %v, want an error", bad, v)
		}
	}
}

func TestMatchTellsTheDifference(t *testing.T) {
	c := Of(t, "json", Value, "str/length/65536")[0]
	if c.Payload != nil || !c.Encoded() {
		t.Fatalf("%s: want a payload kept by its hash", c.Name)
	}
	text := `"` + c.Value.(string) + `"`
	if err := c.Match([]byte(text)); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{text[1:], text + " ", ""} {
		if c.Match([]byte(wrong)) == nil {
			t.Errorf("%d bytes match", len(wrong))
		}
	}
	refused := Of(t, "json", Value, "bytes/text")[0]
	if refused.Encoded() || refused.Error == "" || refused.Match(nil) == nil {
		t.Errorf("a case that Python refused matches")
	}
}

func TestMessages(t *testing.T) {
	var fromServer, custom int
	for _, c := range Of(t, "json", Message, "message/") {
		if c.Payload == nil {
			continue
		}
		if envelope := fmt.Sprintf("[%d, %d, ", c.MsgType, c.ID); !strings.HasPrefix(string(c.Payload), envelope) {
			t.Errorf("%s: the payload does not begin with %s: %s", c.Name, envelope, c.Payload)
		}
		if n := binary.BigEndian.Uint32(c.Frame()); int(n) != len(c.Frame())-4 {
			t.Errorf("%s: a frame of %d bytes announces %d", c.Name, len(c.Frame()), n)
		}
		if c.From == "server" {
			fromServer++
		}
		if _, ok := c.Value.(Custom); ok {
			custom++
		}
	}
	if fromServer < 50 || custom < 5 {
		t.Errorf("%d messages of the server, %d with a service: some are missing", fromServer, custom)
	}
	sub := Of(t, "json", Message, "message/rpc/service as result/1")[0]
	if diff := cmp.Diff(Custom{Class: "object", Data: "sub"}, sub.Value); diff != "" || sub.MsgType != 1 {
		t.Errorf("%s (-want +got):\n%s", sub.Name, diff)
	}
}

func TestMap(t *testing.T) {
	tests := []struct {
		dict Dict
		want any
		ok   bool
	}{
		{Dict{}, map[string]any{}, true},
		{Dict{{"a", 1}}, map[string]any{"a": 1}, true},
		{Dict{{"a", 1}, {nil, 2}}, map[any]any{"a": 1, nil: 2}, true},
		{Dict{{[]byte("a"), 1}}, nil, false},
		{Dict{{[]any{}, 1}}, nil, false},
	}
	for _, tt := range tests {
		if got, ok := tt.dict.Map(); ok != tt.ok || !cmp.Equal(got, tt.want) {
			t.Errorf("%v.Map() = %v, %v, want %v, %v", tt.dict, got, ok, tt.want, tt.ok)
		}
	}
}

func ExampleConvert() {
	v := []any{Dict{{"p", Custom{"Point", 0, Dict{{"x", int64(1)}}}}}, "text"}
	fmt.Println(Convert(v, func(v any) any {
		switch v := v.(type) {
		case Dict:
			m, _ := v.Map()
			return m
		case Custom:
			return fmt.Sprintf("%s with %v", v.Class, v.Data)
		}
		return v
	}))
	// Output: [map[p:Point with map[x:1]] text]
}

func TestFormatIsTheInverseOfParse(t *testing.T) {
	for _, c := range Cases(t, "msgpack") {
		if c.Error != "" || strings.Contains(c.Name, "length/65") { // the long ones tell nothing more
			continue
		}
		for _, v := range []any{c.Value, c.Decoded} {
			text, err := Format(v)
			if err != nil {
				if strings.HasPrefix(c.Name, "decode/") && strings.Contains(err.Error(), "golden.Ext") {
					continue
				}
				t.Fatalf("%s: %v", c.Name, err)
			}
			got, err := Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			if !Equal(v, got) {
				t.Errorf("%s: %.300s became %.300s", c.Name, fmt.Sprint(v), fmt.Sprint(got))
			}
		}
	}
	if _, err := Format(make(chan int)); err == nil {
		t.Error("a channel has a tagged form")
	}
}

func TestEqual(t *testing.T) {
	one, two := int64(1), int64(2)
	nan := math.NaN()
	values := []any{
		nil, true, one, two, uint64(1), 1.0, nan, math.Copysign(0, -1), 0.0, "1", []byte("1"),
		big.NewInt(1), []any{}, []any{one}, []any{[]any{one}}, Dict{}, Dict{{"a", one}}, Dict{{"a", two}}, Dict{{one, "a"}},
		Dict{{"a", one}, {"b", two}}, Dict{{"b", two}, {"a", one}}, map[string]any{}, map[string]any{"a": one}, map[any]any{"a": one},
		map[any]any{nan: one}, map[any]any{nan: two}, map[any]any{"a": two}, map[any]any{"b": one}, Custom{"A", 0, one}, Custom{"A", 0, two},
		Custom{"A", 1, one}, Custom{"B", 0, one}, Ext{1, []byte("a")}, Ext{1, []byte("b")}, Proxy{"a"}, Other{"a"},
	}
	for i, a := range values {
		for j, b := range values {
			if Equal(a, b) != (i == j) {
				t.Errorf("Equal(%#v, %#v) = %v", a, b, i != j)
			}
		}
	}
}
