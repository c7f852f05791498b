package walk_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

type (
	// Grade is text by a pointer method, Rank by a value method; Tone is a string
	// type whose text differs from its value.
	Grade int
	Rank  uint8
	Tone  string
	Holds struct{ X any }
	Code  [2]int
)

func (g *Grade) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "g%d", *g), nil }
func (g *Grade) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "g%d", g)
	return err
}

func (r Rank) MarshalText() ([]byte, error)  { return fmt.Appendf(nil, "r%d", r), nil }
func (r *Rank) UnmarshalText(b []byte) error { _, err := fmt.Sscanf(string(b), "r%d", r); return err }

func (t Tone) MarshalText() ([]byte, error) { return []byte(strings.ToUpper(string(t))), nil }
func (t *Tone) UnmarshalText(b []byte) error {
	*t = Tone(strings.ToLower(string(b)))
	return nil
}

func (Code) Error() string { return "a code" }

// A key has the same form as a value of its type, and decodes to the same key.
func TestKeysHaveTheFormOfValues(t *testing.T) {
	big1, _ := new(big.Int).SetString("18446744073709551616", 10)
	tests := []struct {
		value   any
		json    string // "": refused
		msgpack string // in hex; "": refused
	}{
		{map[Grade]int{2: 1}, `{"g2": 1}`, "81a2673201"},
		{map[*Grade]int{ptr(Grade(2)): 1}, `{"g2": 1}`, "81a2673201"},
		{map[Rank]int{2: 1}, `{"r2": 1}`, "81a2723201"},
		{map[Tone]int{"a": 1}, `{"A": 1}`, "81a14101"},
		{map[any]int{Tone("a"): 1, Rank(3): 2}, `{"A": 1, "r3": 2}`, "82a14101a2723302"},
		{map[*int]int{ptr(5): 1}, `{"5": 1}`, "810501"},
		{map[*big.Int]int{big.NewInt(5): 1}, `{"5": 1}`, "810501"},
		{map[*big.Int]int{big1: 1}, `{"18446744073709551616": 1}`, ""},
		{map[Code]int{{1, 2}: 1}, "", "8192010201"},
		{map[[2]int]int{{10, 1}: 1, {2, 1}: 2, {-1, 1}: 3}, "", "8392ff010392020102920a0101"},
		{map[[1]float64]int{{10}: 1, {9.5}: 2}, "", "8291cb402300000000000002" + "91cb402400000000000001"},
		{map[[2]byte]int{{1, 2}: 1}, "", "81c402010201"},
		{map[float32]int{0.5: 1}, `{"0.5": 1}`, "81cb3fe000000000000001"},
		{map[error]int{io.EOF: 1}, "", ""},
		{map[any]int{io.EOF: 1}, "", ""},
		{map[Holds]int{{1}: 1}, "", ""}, // a dict, which Python cannot hash
		{map[complex128]int{1: 1}, "", ""},
		{map[chan int]int{nil: 1}, "", ""},
	}
	for _, tt := range tests {
		for _, c := range codecs {
			want := tt.json
			b, err := codec.Marshal(c, tt.value, nil)
			got := string(b)
			if c.Name() == "msgpack" {
				want, got = tt.msgpack, fmt.Sprintf("%x", b)
			}
			var ee *codec.EncodeError
			if got != want || (err != nil) != (want == "") || err != nil && !errors.As(err, &ee) {
				t.Errorf("%s: %T is %s, %v, want %s", c.Name(), tt.value, got, err, want)
			}
			if err != nil || reflect.TypeOf(tt.value).Key().Kind() == reflect.Interface {
				continue
			}
			back := newLike(tt.value)
			if err := codec.Unmarshal(c, b, back, nil); err != nil {
				t.Errorf("%s: %T does not come back: %v", c.Name(), tt.value, err)
			}
			again, err := codec.Marshal(c, back, nil)
			if err != nil || string(again) != string(b) {
				t.Errorf("%s: %T came back as %q, %v, was %q", c.Name(), tt.value, again, err, b)
			}
		}
	}
}

// Of equal keys Python keeps one. Equality depends on the codec: in JSON keys are
// text, in MsgPack True is 1 and 1 is 1.0.
func TestEqualKeysAreRefused(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		value         any
		json, msgpack bool // refused
	}{
		{map[any]any{1: "a", int64(1): "b", uint8(1): "c"}, true, true},
		{map[any]any{1: "a", "1": "b"}, true, false},
		{map[any]any{1: "a", 1.0: "b"}, false, true},
		{map[any]any{1: "a", true: "b"}, false, true},
		{map[any]any{0: "a", math.Copysign(0, -1): "b"}, false, true},
		{map[any]any{uint64(1 << 63): "a", float64(1 << 63): "b"}, false, true},
		{map[any]any{uint64(1<<63 + 1): "a", float64(1 << 63): "b"}, false, false},
		{map[any]any{nil: "a", "null": "b"}, true, false},
		{map[any]any{1.5: "a", "1.5": "b"}, true, false},
		{map[float64]int{nan: 1, math.NaN(): 2}, true, false},
		{map[*int]int{ptr(1): 1, ptr(1): 2}, true, true},
		{map[Tone]int{"a": 1, "A": 2}, true, true},
		{map[any]int{[1]any{1}: 1, [1]any{true}: 2}, true, true},
		{map[any]int{[1]any{1}: 1, [1]any{2}: 2}, true, false}, // JSON has no tuples
		{map[any]int{1: 1, 2: 2, "a": 3, nil: 4}, false, false},
	}
	for _, tt := range tests {
		for _, c := range codecs {
			want := tt.json
			if c.Name() == "msgpack" {
				want = tt.msgpack
			}
			b, err := codec.Marshal(c, tt.value, nil)
			var ee *codec.EncodeError
			if refused := errors.As(err, &ee); refused != want || err != nil && !refused {
				t.Errorf("%s: %#v is %q, %v", c.Name(), tt.value, b, err)
			}
		}
	}
}

func TestTextKeysAreNumbersAsPythonWritesThem(t *testing.T) {
	tests := []struct {
		target any
		good   []string
		bad    []string
	}{
		{new(map[int64]int), []string{"0", "1", "-1", "9223372036854775807"}, []string{"+1", "01", "-0", "-01", "1.0", "1e3", "", "-", "1_0", "0x1", " 1", "9223372036854775808", "true"}},
		{new(map[uint8]int), []string{"0", "255"}, []string{"256", "-1", "+1", "00", "-0"}},
		{new(map[float64]int), []string{"1", "-1.5", "1e+16", "1.5E-7", "NaN", "Infinity", "-Infinity", "9007199254740992", "0.5"}, []string{"9007199254740993", ".5", "1.", "+3", "01.5", "1e", "nan", "inf", "+Infinity", "0x1p4", "1_0.5", "", "1.e5", "1e400"}},
		{new(map[float32]int), []string{"0.1", "16777216"}, []string{"16777217", "1e300"}},
		{new(map[bool]int), []string{"true", "false"}, []string{"True", "1", ""}},
		{new(map[*big.Int]int), []string{"1", "-1", "123456789012345678901234567890", "null"}, []string{"+1", "01", "0x1", "1_0", "", "1.0", strings.Repeat("9", 5000)}},
		{new(map[**int]int), []string{"1", "null"}, []string{"x"}},
	}
	for _, tt := range tests {
		for _, key := range tt.good {
			if err := codec.Unmarshal(json.Codec, fmt.Appendf(nil, `{"%s": 1}`, key), tt.target, nil); err != nil {
				t.Errorf("%T: %q: %v", tt.target, key, err)
			}
		}
		for _, key := range tt.bad {
			err := codec.Unmarshal(json.Codec, fmt.Appendf(nil, `{"%s": 1}`, key), tt.target, nil)
			if de := (*codec.DecodeError)(nil); !errors.As(err, &de) {
				t.Errorf("%T: %q: %v", tt.target, key, err)
			}
		}
	}
	for target, text := range map[any]string{
		new(map[float64]int): `{"1": 1, "1.0": 2}`,
		new(map[Tone]int):    `{"a": 1, "A": 2}`,
	} {
		err := codec.Unmarshal(json.Codec, []byte(text), target, nil)
		if de := (*codec.DecodeError)(nil); !errors.As(err, &de) {
			t.Errorf("%T: of %s one is kept: %v", target, text, err)
		}
	}
}

// A peer chooses the keys: one that Go cannot hash must not panic.
func TestUnhashableKeys(t *testing.T) {
	type deep struct{ A [1]Holds }
	reg, err := codec.NewRegistry(codec.NewStructSerializer[Holds](), codec.NewStructSerializer[deep]())
	if err != nil {
		t.Fatal(err)
	}
	list := "\x91\x91\x01"
	holds := "\x81\xa8__type__\x92\x00\x81\xa1x" + list
	for _, tt := range []struct {
		raw    string
		target any
	}{
		{"\x81" + list + "\x01", new(map[[1]any]int)},
		{"\x81\x91" + list + "\x01", new(map[[1][1]any]int)},
		{"\x81" + list + "\x01", new(map[any]int)},
		{"\x81" + holds + "\x05", new(map[Holds]int)},
		{"\x81" + holds + "\x05", new(map[any]int)},
		{"\x81\x81\xa8__type__\x92\x01\x81\xa1a\x91" + holds + "\x05", new(map[deep]int)},
		{"\x81\x91" + holds + "\x05", new(map[[1]Holds]int)},
	} {
		err := codec.Unmarshal(msgpack.Codec, []byte(tt.raw), tt.target, reg)
		if de := (*codec.DecodeError)(nil); !errors.As(err, &de) {
			t.Errorf("%q into %T: %v", tt.raw, tt.target, err)
		}
		var x any
		if err := codec.Unmarshal(msgpack.Codec, []byte(tt.raw), &x, reg); err != nil {
			t.Errorf("%q: %v", tt.raw, err)
		} else if _, ok := x.(codec.Dict); !ok {
			t.Errorf("%q is %T", tt.raw, x)
		}
	}
}

// Sorting does not format the keys again for each comparison.
func TestKeysAreSortedByValue(t *testing.T) {
	m := map[[2]int]int{}
	for i := range 3000 {
		m[[2]int{i % 60, -i}] = i
	}
	b, err := codec.Marshal(msgpack.Codec, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	var d codec.Dict
	if err := codec.Unmarshal(msgpack.Codec, b, &d, nil); err != nil || len(d) != len(m) {
		t.Fatal(len(d), err)
	}
	for i := 1; i < len(d); i++ {
		a, b := d[i-1].Key.([]any), d[i].Key.([]any)
		if x, y := a[0].(int64), b[0].(int64); x > y || x == y && a[1].(int64) >= b[1].(int64) {
			t.Fatalf("%v is before %v", a, b)
		}
	}
}

// An ordered dict has the same keys as Python's dict.
func TestOrderedDictsHaveEachKeyOnce(t *testing.T) {
	for raw, want := range map[string]int{
		"\x82\x01\x01\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00\x02":                                 1, // 1, 1.0
		"\x83\xc3\x01\x01\x02\xca\x3f\x80\x00\x00\x03":                                         1, // True, 1, 1.0
		"\x82\xc2\x01\xcb\x80\x00\x00\x00\x00\x00\x00\x00\x02":                                 1, // False, -0.0
		"\x82\xc4\x01a\x01\xa1a\x02":                                                           2, // b'a', 'a'
		"\x82\xc4\x01a\x01\xc5\x00\x01a\x02":                                                   1,
		"\x82\x92\x01\x02\x01\x92\xc3\x02\x02":                                                 1, // (1, 2), (True, 2)
		"\x82\x92\x01\x02\x01\x92\x02\x01\x02":                                                 2,
		"\x82\x92\xa1a\x91\xa1b\x01\x92\xa1a\x92\xa1b\xc0\x02":                                 2,
		"\x82\xcf\x80\x00\x00\x00\x00\x00\x00\x00\x01\xcb\x43\xe0\x00\x00\x00\x00\x00\x00\x02": 1, // 2**63, 2.0**63
		"\x82\xcb\x7f\xf8\x00\x00\x00\x00\x00\x01\x01\xcb\x7f\xf8\x00\x00\x00\x00\x00\x01\x02": 2, // NaN
	} {
		var d codec.Dict
		if err := codec.Unmarshal(msgpack.Codec, []byte(raw), &d, nil); err != nil || len(d) != want {
			t.Errorf("%x: %v, %v, want %d", raw, d, err, want)
			continue
		}
		if last := d[len(d)-1].Value; last != int64(raw[len(raw)-1]) {
			t.Errorf("%x: the last value is %v", raw, last)
		}
		var v codec.Value
		if err := codec.Unmarshal(msgpack.Codec, []byte(raw), &v, nil); err != nil {
			t.Fatal(err)
		}
		if b, err := codec.Marshal(msgpack.Codec, v, nil); err != nil || int(b[0]&0x0f) != want {
			t.Errorf("%x passed on is %x, %v", raw, b, err)
		}
	}
}
