package msgpack_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func bigInt(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return n
}

type celsius float64

type pair struct {
	First  int    `aiomas:"first"`
	Second string `aiomas:"second,omitempty"`
}

// encodings is the format by example. Each right side is what Python's
// msgpack 0.6.2 writes for the value of the left side.
var encodings = []struct {
	value any
	hex   string
}{
	{nil, "c0"},
	{false, "c2"},
	{true, "c3"},

	{0, "00"},
	{127, "7f"},
	{128, "cc80"},
	{255, "ccff"},
	{256, "cd0100"},
	{65535, "cdffff"},
	{65536, "ce00010000"},
	{uint32(math.MaxUint32), "ceffffffff"},
	{int64(1 << 32), "cf0000000100000000"},
	{int64(math.MaxInt64), "cf7fffffffffffffff"},
	{uint64(math.MaxUint64), "cfffffffffffffffff"},
	{bigInt("18446744073709551615"), "cfffffffffffffffff"},
	{-1, "ff"},
	{-32, "e0"},
	{-33, "d0df"},
	{int8(math.MinInt8), "d080"},
	{-129, "d1ff7f"},
	{int16(math.MinInt16), "d18000"},
	{-32769, "d2ffff7fff"},
	{int32(math.MinInt32), "d280000000"},
	{int64(math.MinInt32) - 1, "d3ffffffff7fffffff"},
	{int64(math.MinInt64), "d38000000000000000"},
	{bigInt("-9223372036854775808"), "d38000000000000000"},
	{uint8(200), "ccc8"},
	{uint16(300), "cd012c"},
	{uint(5), "05"},
	{time.Duration(1000), "cd03e8"},

	{0.0, "cb0000000000000000"},
	{math.Copysign(0, -1), "cb8000000000000000"},
	{1.0, "cb3ff0000000000000"},
	{float32(0.5), "cb3fe0000000000000"},
	{celsius(-1.5), "cbbff8000000000000"},
	{math.Float64frombits(0x7ff8000000000000), "cb7ff8000000000000"},
	{math.Inf(-1), "cbfff0000000000000"},

	{"", "a0"},
	{"é€😀", "a9c3a9e282acf09f9880"},
	{strings.Repeat("a", 31), "bf" + strings.Repeat("61", 31)},
	{strings.Repeat("a", 32), "d920" + strings.Repeat("61", 32)},
	{strings.Repeat("a", 255), "d9ff" + strings.Repeat("61", 255)},
	{strings.Repeat("a", 256), "da0100" + strings.Repeat("61", 256)},
	{strings.Repeat("a", 65536), "db00010000" + strings.Repeat("61", 65536)},

	{[]byte{}, "c400"},
	{[]byte("ab"), "c4026162"},
	{[3]byte{1, 2, 3}, "c403010203"},
	{bytes.Repeat([]byte{0}, 256), "c50100" + strings.Repeat("00", 256)},
	{bytes.Repeat([]byte{0}, 65536), "c600010000" + strings.Repeat("00", 65536)},

	{[]any{}, "90"},
	{[]any(nil), "90"},
	{[]any{1, "a", nil}, "9301a161c0"},
	{codec.Tuple{1, 2.5}, "9201cb4004000000000000"},
	{[2]int{1, 2}, "920102"},
	{[]float64{1}, "91cb3ff0000000000000"},
	{[]int{1, -1}, "9201ff"},
	{[]int64{300}, "91cd012c"},
	{[]string{"a", ""}, "92a161a0"},
	{make([]any, 15), "9f" + strings.Repeat("c0", 15)},
	{make([]any, 16), "dc0010" + strings.Repeat("c0", 16)},
	{make([]any, 65536), "dd00010000" + strings.Repeat("c0", 65536)},

	{map[string]any{}, "80"},
	{map[string]any{"b": 2, "a": 1, "": 0}, "83a000a16101a16202"},
	{map[string]float64{"y": 1, "x": 0}, "82a178cb0000000000000000a179cb3ff0000000000000"},
	{map[string]string{"b": "", "a": "c"}, "82a161a163a162a0"},
	{map[int]bool{2: true, -1: false}, "82ffc202c3"},
	{map[any]any{"a": nil, 7: nil, nil: nil, true: nil, 0.5: nil}, "85c0c0c3c007c0cb3fe0000000000000c0a161c0"},
	{map[[2]int]string{{1, 2}: "x"}, "81920102a178"},
	{codec.Dict{}, "80"},
	{dict("b", 1, "a", 2), "82a16201a16102"},
	{dict([]byte("k"), 1, []any{1, []any{}}, 2, celsius(1), 3), "83c4016b0192019002cb3ff000000000000003"},
	{struct {
		U uint16
		B big.Int
	}{7, *bigInt("18446744073709551615")}, "82a17507a162cfffffffffffffffff"},
	{pair{1, "x"}, "82a5666972737401a67365636f6e64a178"},
	{&pair{First: 1}, "81a5666972737401"},
	{&codec.Call{Path: "a/f", Args: []any{1}, Kwargs: map[string]any{"k": nil}}, "93a3612f66910181a16bc0"},
	{&codec.Call{Path: "f"}, "93a1669080"},

	{msgpack.Ext{Code: 0}, "c70000"},
	{msgpack.Ext{Code: 5, Data: []byte("a")}, "d40561"},
	{msgpack.Ext{Code: 127, Data: make([]byte, 2)}, "d57f0000"},
	{msgpack.Ext{Code: 5, Data: make([]byte, 3)}, "c70305000000"},
	{msgpack.Ext{Code: 5, Data: make([]byte, 4)}, "d60500000000"},
	{msgpack.Ext{Code: 5, Data: make([]byte, 8)}, "d705" + strings.Repeat("00", 8)},
	{msgpack.Ext{Code: 5, Data: make([]byte, 16)}, "d805" + strings.Repeat("00", 16)},
	{msgpack.Ext{Code: 5, Data: make([]byte, 17)}, "c71105" + strings.Repeat("00", 17)},
	{msgpack.Ext{Code: 5, Data: make([]byte, 256)}, "c8010005" + strings.Repeat("00", 256)},
	{msgpack.Ext{Code: 5, Data: make([]byte, 65536)}, "c90001000005" + strings.Repeat("00", 65536)},
	{&msgpack.Ext{Code: 1, Data: []byte("a")}, "d40161"},
}

func TestAppendValue(t *testing.T) {
	prefix := []byte("before")
	for _, tt := range encodings {
		got, err := msgpack.Codec.AppendValue(prefix, tt.value, nil)
		if err != nil {
			t.Errorf("%s: %v", show(tt.value), err)
			continue
		}
		if want := append([]byte("before"), unhex(t, tt.hex)...); !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %.200x\nwant %.200x", show(tt.value), got, want)
		}
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAppendValueInTypedPlaces(t *testing.T) {
	// The same values reached by reflection have the same bytes.
	for _, tt := range encodings {
		type holder struct {
			V any `aiomas:"v"`
		}
		got := encoded(t, map[string][]holder{"k": {{tt.value}}})
		if want := unhex(t, "81a16b9181a176"+tt.hex); !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %.200x\nwant %.200x", show(tt.value), got, want)
		}
	}
}

type refusing struct{}

func (refusing) MarshalText() ([]byte, error) { return nil, errors.New("rather not") }

func nested(n int) any {
	var v any = 1
	for range n {
		v = []any{v}
	}
	return v
}

// A value that Python could not read, or not write, leaves nothing behind.
func TestAppendValueRefuses(t *testing.T) {
	selfish := map[string]any{}
	selfish["me"] = selfish
	tests := []struct {
		name  string
		value any
		where string
	}{
		{"int past uint64", bigInt("18446744073709551616"), ""},
		{"int below int64", bigInt("-9223372036854775809"), ""},
		{"lone surrogate", "a\xed\xa0\x80", ""},
		{"invalid UTF-8", []any{"ok", "\xff"}, "[1]"},
		{"invalid UTF-8 in a typed list", []string{"\xc3"}, "[0]"},
		{"invalid UTF-8 key", map[string]any{"\xff": 1}, "key"},
		{"invalid UTF-8 value", map[string]any{"k": []any{map[string]string{"x": "\xff"}}}, "k[0].x"},
		{"reserved key", map[string]any{"a": map[string]any{codec.TypeKey: 1}}, "a"},
		{"reserved key, typed map", map[string]float64{codec.TypeKey: 1}, ""},
		{"reserved key, map[any]any", map[any]any{codec.TypeKey: 1}, ""},
		{"reserved key, Dict", dict(codec.TypeKey, 1), ""},
		{"reserved key of a named type", dict(named(codec.TypeKey), 1), ""},
		{"reserved key, kwargs", &codec.Call{Path: "f", Kwargs: map[string]any{codec.TypeKey: 1}}, "kwargs"},
		{"map as key", dict(map[string]any{}, 1), ""},
		{"struct as key", map[pair]int{{1, "a"}: 1}, ""},
		{"map in a tuple as key", dict([]any{1, []any{map[int]int{}}}, 1), ""},
		{"negative extension", msgpack.Ext{Code: -1}, ""},
		{"channel", []any{make(chan int)}, "[0]"},
		{"function in kwargs", &codec.Call{Path: "f", Kwargs: map[string]any{"x": func() {}}}, "kwargs.x"},
		{"invalid path", &codec.Call{Path: "\xff"}, "path"},
		{"invalid argument", &codec.Call{Path: "f", Args: []any{1, "\xff"}}, "args[1]"},
		{"text marshaler", refusing{}, ""},
		{"too deep", nested(codec.MaxEncodeDepth + 1), ""},
		{"contains itself", selfish, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dst := []byte("before")
			got, err := msgpack.Codec.AppendValue(dst, tt.value, nil)
			var ee *codec.EncodeError
			if !errors.As(err, &ee) {
				t.Fatalf("got %x, %v", got, err)
			}
			if string(got) != "before" {
				t.Errorf("dst is %q", got)
			}
			if tt.where != "" && ee.Where != tt.where {
				t.Errorf("where is %q, want %q (%v)", ee.Where, tt.where, err)
			}
			// What failed before must not matter afterwards.
			if b := encoded(t, map[string]any{"b": 1, "a": map[string]any{"c": 2}}); hex.EncodeToString(b) != "82a16181a16302a16201" {
				t.Errorf("afterwards %x", b)
			}
		})
	}
}

type named string

func TestEncodeDepth(t *testing.T) {
	if _, err := msgpack.Codec.AppendValue(nil, nested(codec.MaxEncodeDepth), nil); err != nil {
		t.Error(err)
	}
	// The envelope counts.
	if _, err := msgpack.Codec.AppendMessage(nil, codec.Result, 1, nested(codec.MaxEncodeDepth-1), nil); err != nil {
		t.Error(err)
	}
	if _, err := msgpack.Codec.AppendMessage(nil, codec.Result, 1, nested(codec.MaxEncodeDepth), nil); err == nil {
		t.Error("a message was nested too deeply")
	}
}

func TestAppendMessage(t *testing.T) {
	tests := []struct {
		typ     codec.MessageType
		id      int64
		content any
		hex     string
	}{
		{codec.Request, 0, &codec.Call{Path: "add", Args: []any{1, 2}}, "93000093a361646492010280"},
		{codec.Result, 128, 3.5, "9301cc80cb400c000000000000"},
		{codec.Exception, math.MaxInt64, "boom", "9302cf7fffffffffffffffa4626f6f6d"},
		{codec.Request, -1, nil, "9300ffc0"},
	}
	for _, tt := range tests {
		got, err := msgpack.Codec.AppendMessage(nil, tt.typ, tt.id, tt.content, nil)
		if err != nil || hex.EncodeToString(got) != tt.hex {
			t.Errorf("%v %d: got %x, %v, want %s", tt.typ, tt.id, got, err, tt.hex)
			continue
		}
		m, err := msgpack.Codec.ParseMessage(got, codec.Limits{})
		if err != nil || m.Type != tt.typ || m.ID != tt.id {
			t.Errorf("%x: got %v, %v", got, m, err)
		}
	}
	got, err := msgpack.Codec.AppendMessage([]byte("before"), codec.Request, 1, make(chan int), nil)
	var ee *codec.EncodeError
	if string(got) != "before" || !errors.As(err, &ee) {
		t.Errorf("a channel gives %q, %v", got, err)
	}
}

// The sets of keys of maps are remembered: they must not be mixed up.
func TestMapsOfManyShapes(t *testing.T) {
	for round := range 3 {
		for n := range 300 {
			m, want := map[string]any{}, codec.Dict{}
			for i := range n {
				k := string(rune('a'+i%26)) + strings.Repeat("x", i/26)
				inner := map[string]any{k: n, "z": round}
				if i%7 == round {
					inner = map[string]any{"only": map[string]any{k: 1, "q": 2}}
				}
				m[k] = inner
			}
			for _, k := range sorted(m) {
				inner := codec.Dict{}
				for _, k2 := range sorted(m[k].(map[string]any)) {
					v := m[k].(map[string]any)[k2]
					if deep, ok := v.(map[string]any); ok {
						d := codec.Dict{}
						for _, k3 := range sorted(deep) {
							d = append(d, codec.Entry{Key: k3, Value: deep[k3]})
						}
						v = d
					}
					inner = append(inner, codec.Entry{Key: k2, Value: v})
				}
				want = append(want, codec.Entry{Key: k, Value: inner})
			}
			if got, want := encoded(t, m), encoded(t, want); !bytes.Equal(got, want) {
				t.Fatalf("map of %d:\n got %.300x\nwant %.300x", n, got, want)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	want := encoded(t, state())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if !bytes.Equal(encoded(t, state()), want) {
					t.Error("another encoding")
				}
				var back map[string]map[string]float64
				if err := codec.Unmarshal(msgpack.Codec, want, &back, nil); err != nil || len(back) != 40 {
					t.Error(err)
				}
				if _, err := msgpack.Codec.AppendValue(nil, []any{map[string]any{"a": of(tagged{}), "b": make(chan int)}}, nil); err == nil {
					t.Error("a channel was encoded")
				}
			}
		})
	}
	wg.Wait()
}

func TestName(t *testing.T) {
	if name := msgpack.Codec.Name(); name != "msgpack" {
		t.Error(name)
	}
	if c := msgpack.Codec.NewDecoder().Codec(); c != msgpack.Codec {
		t.Error(c)
	}
}
