package walk_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// newLike returns a pointer to a new value of the type of v.
func newLike(v any) any { return reflect.New(reflect.TypeOf(v)).Interface() }

// payloads encodes the value that JSON describes with both codecs.
func payloads(t *testing.T, text string, reg *codec.Registry) map[codec.Codec][]byte {
	t.Helper()
	var v codec.Value
	if err := codec.Unmarshal(json.Codec, []byte(text), &v, reg); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	b, err := codec.Marshal(msgpack.Codec, v, reg)
	if err != nil {
		return map[codec.Codec][]byte{json.Codec: []byte(text)} // an int that MsgPack cannot represent
	}
	return map[codec.Codec][]byte{json.Codec: []byte(text), msgpack.Codec: b}
}

func TestDecode(t *testing.T) {
	type Deep struct {
		A struct{ B []map[string][2]*int }
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil)
	tests := []struct {
		text string
		want any // its type is that of the target
	}{
		{`5`, int(5)}, {`-128`, int8(-128)}, {`5`, int16(5)}, {`5`, int32(5)}, {`-9223372036854775808`, int64(math.MinInt64)},
		{`5`, uint(5)}, {`255`, uint8(255)}, {`5`, uint16(5)}, {`5`, uint32(5)}, {`18446744073709551615`, uint64(math.MaxUint64)}, {`5`, uintptr(5)},
		{`1.5`, 1.5}, {`1`, 1.0}, {`9007199254740992`, 9007199254740992.0}, {`18446744073709549568`, 18446744073709549568.0}, {`-9223372036854775808`, -9223372036854775808.0},
		{`100000000000000000000`, 1e20}, {`0.1`, float32(0.1)}, {`16777216`, float32(16777216)}, {`Infinity`, float32(math.Inf(1))},
		{`true`, true}, {`"a"`, "a"}, {`false`, Flag(false)}, {`"n"`, Name("n")}, {`-1`, Level(-1)}, {`2`, Count(2)}, {`2.5`, Celsius(2.5)},
		{`null`, (*int)(nil)}, {`null`, []int(nil)}, {`null`, map[string]int(nil)}, {`null`, []any(nil)}, {`null`, map[string]any(nil)},
		{`null`, []byte(nil)}, {`null`, codec.Dict(nil)}, {`null`, codec.Tuple(nil)}, {`null`, []float64(nil)}, {`null`, map[string]float64(nil)}, {`null`, (*Base)(nil)},
		{`5`, ptr(5)}, {`5`, ptr(ptr(5))}, {`"x"`, ptr(Name("x"))},
		{`[]`, []int{}}, {`[1, 2]`, []int{1, 2}}, {`[1]`, []int64{1}}, {`[1, 2.5]`, []float64{1, 2.5}}, {`[0.5]`, []float32{0.5}}, {`["a"]`, []string{"a"}}, {`[true]`, []bool{true}},
		{`[1, null]`, []*int{ptr(1), nil}}, {`["a"]`, Names{"a"}}, {`[1, "a", null]`, []any{int64(1), "a", nil}}, {`[[1], []]`, [][]int{{1}, {}}},
		{`[1, 2]`, [2]int{1, 2}}, {`[]`, [0]int{}}, {`[[1.0, 2], [3, 4]]`, Matrix{{1, 2}, {3, 4}}},
		{`{}`, map[string]int{}}, {`{"a": 1}`, map[string]int{"a": 1}}, {`{"a": 1, "b": 2.5}`, map[string]float64{"a": 1, "b": 2.5}}, {`{"a": "b"}`, map[string]string{"a": "b"}},
		{`{"a": [1]}`, map[string]any{"a": []any{int64(1)}}}, {`{"a": 1}`, Scores{"a": 1}}, {`{"a": {"b": [1.0]}}`, map[string]map[string][]float64{"a": {"b": {1}}}},
		{`{"a": 1}`, map[any]any{"a": int64(1)}}, {`{"a": {"b": 1}}`, map[any]map[string]int{"a": {"b": 1}}},
		{`{"A": 1}`, map[Shout]int{{"a"}: 1}},
		{`"A"`, Shout{"a"}}, {`"A"`, &Shout{"a"}}, {`["A"]`, []Shout{{"a"}}},
		{`5`, *big.NewInt(5)}, {`5`, big.NewInt(5)}, {`1000000000000000000000000000000`, ten}, {`{"n": 7}`, struct{ N big.Int }{*big.NewInt(7)}}, {`null`, (*big.Int)(nil)},
		{`{"b": 1, "a": {"c": 2}}`, codec.Dict{{Key: "b", Value: int64(1)}, {Key: "a", Value: map[string]any{"c": int64(2)}}}},
		{`[1, "a"]`, codec.Tuple{int64(1), "a"}}, {`[]`, codec.Tuple{}},
		{`["f", [1], {"k": 2}]`, codec.Call{Path: "f", Args: []any{int64(1)}, Kwargs: map[string]any{"k": int64(2)}}},
		{`{"id": 1, "owner": "x", "unknown": [1, {"deep": 2}]}`, Base{1, "x"}}, {`{"owner": "x"}`, Base{Owner: "x"}}, {`{}`, Base{}}, {`{"owner": "x", "id": 1}`, Base{1, "x"}},
		{`{"a": {"b": [{"x": [1, null]}]}}`, Deep{struct{ B []map[string][2]*int }{[]map[string][2]*int{{"x": {ptr(1), nil}}}}}},
		{`{"value": 1, "next": {"value": 2, "next": null}, "children": [{"value": 3, "children": []}], "by_name": {"n": {"value": 4}}}`,
			Node{1, &Node{Value: 2}, []Node{{Value: 3, Children: []Node{}}}, map[string]*Node{"n": {Value: 4}}}},
		{`{"id": 1, "owner": "inner", "depth": 2, "hidden": 3, "shown": 4, "base": {"id": 5}, "url": "u", "http_port": 6, "other_name": 7, "foreign": 10, "floats": [1.5], "ptr": 2, "any": {"a": 1}}`,
			Everything{Inner: &Inner{Base: Base{ID: 1}, Owner: "inner", Depth: 2}, plain: plain{3, 4}, Named: Base{ID: 5}, URL: "u", HTTPPort: 6, Tagged: 7, Foreign: 10,
				Floats: []float64{1.5}, Ptr: ptr(Celsius(2)), Any: map[string]any{"a": int64(1)}}},
		{`{"url": "u"}`, Everything{URL: "u"}},
	}
	for _, tt := range tests {
		for c, b := range payloads(t, tt.text, nil) {
			target := newLike(tt.want)
			if err := codec.Unmarshal(c, b, target, nil); err != nil {
				t.Errorf("%s: %s into %T: %v", c.Name(), tt.text, tt.want, err)
				continue
			}
			got := reflect.ValueOf(target).Elem().Interface()
			if d := diff(tt.want, got); d != "" {
				t.Errorf("%s: %s into %T (-want +got):\n%s", c.Name(), tt.text, tt.want, d)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct {
		text          string
		target        any
		where, reason string
	}{
		{`300`, new(uint8), "", "int 300 does not fit uint8"}, {`-1`, new(uint), "", "int -1 does not fit uint64"}, {`-129`, new(int8), "", "int -129 does not fit int8"},
		{`32768`, new(Level), "", "int 32768 does not fit walk_test.Level"}, {`9223372036854775808`, new(int64), "", "int 9223372036854775808 does not fit int64"},
		{`1.5`, new(int), "", "float does not fit int"}, {`1.0`, new(int64), "", "float does not fit int64"}, {`1.0`, new(uint8), "", "float does not fit uint8"}, {`true`, new(int), "", "bool does not fit int"},
		{`1`, new(bool), "", "int does not fit bool"}, {`1`, new(Flag), "", "int does not fit walk_test.Flag"}, {`"1"`, new(int), "", "str does not fit int"}, {`1`, new(string), "", "int does not fit string"}, {`1`, new(Name), "", "int does not fit walk_test.Name"},
		{`9007199254740993`, new(float64), "", "int 9007199254740993 does not fit float64 exactly"}, {`9223372036854775807`, new(float64), "", "does not fit float64 exactly"},
		{`18446744073709551615`, new(float64), "", "does not fit float64 exactly"}, {`16777217`, new(float32), "", "int 16777217 does not fit float32 exactly"}, {`1e300`, new(float32), "", "float 1e+300 does not fit float32"},
		{`"x"`, new(float64), "", "str does not fit float64"}, {`true`, new(Celsius), "", "bool does not fit walk_test.Celsius"},
		{`null`, new(int), "", "None does not fit int"}, {`null`, new(string), "", "None does not fit string"}, {`null`, new(bool), "", "None does not fit bool"}, {`null`, new(float64), "", "None does not fit float64"},
		{`null`, new(Level), "", "None does not fit walk_test.Level"}, {`null`, new(Base), "", "None does not fit walk_test.Base"}, {`null`, new([2]int), "", "None does not fit [2]int"}, {`null`, new(big.Int), "", "None does not fit big.Int"}, {`null`, new(Shout), "", "None does not fit walk_test.Shout"},
		{`"ab"`, new([]byte), "", "str does not fit []uint8"}, {`[1]`, new([]byte), "", "list does not fit []uint8"}, {`"ab"`, new([2]byte), "", "str does not fit [2]uint8"},
		{`[1]`, new([2]int), "", "a list of 1 does not fit [2]int"}, {`[1, 2, 3]`, new([2]int), "", "a list of more than 2 does not fit [2]int"}, {`{}`, new([]int), "", "dict does not fit []int"}, {`{}`, new([2]int), "", "dict does not fit [2]int"},
		{`[1, "x"]`, new([]int), "[1]", "str does not fit int"}, {`[1, "x"]`, new([]int8), "[1]", "str does not fit int8"}, {`[1, "x"]`, new([]float64), "[1]", "str does not fit float64"}, {`[[1], ["x"]]`, new([2][]string), "[0][0]", "int does not fit string"},
		{`[]`, new(map[string]int), "", "list does not fit map[string]int"}, {`[]`, new(map[string]any), "", "list does not fit map[string]interface {}"}, {`[]`, new(codec.Dict), "", "list does not fit codec.Dict"}, {`{}`, new(codec.Tuple), "", "dict does not fit codec.Tuple"}, {`{}`, new(codec.Call), "", "dict does not fit codec.Call"},
		{`{"a": {"b": "x"}}`, new(map[string]map[string]int), "a.b", "str does not fit int"}, {`{"a": "x"}`, new(map[string]float64), "a", "str does not fit float64"}, {`{"a": 1}`, new(map[string]string), "a", "int does not fit string"},
		{`{"x": 1}`, new(map[[2]int]int), "", "does not fit [2]int"}, {`{"": 1}`, new(map[Shout]int), "", "Could not deserialize walk_test.Shout"},
		{`[]`, new(Base), "", "list does not fit walk_test.Base"}, {`{"id": "x"}`, new(Base), "id", "str does not fit int"}, {`{"base": {"id": [1]}}`, new(Everything), "base.id", "list does not fit int"},
		{`{"next": {"children": [{"value": 1}, {"value": "x"}]}}`, new(Node), "next.children[1].value", "str does not fit int"}, {`{"by_name": {"n": {"value": 1.5}}}`, new(Node), "by_name.n.value", "float does not fit int"},
		{`1.5`, new(big.Int), "", "float does not fit big.Int"}, {`""`, new(Shout), "", "Could not deserialize walk_test.Shout"}, {`1`, new(Shout), "", "int does not fit walk_test.Shout"}, {`"x"`, new(Bomb), "", "the methods of walk_test.Bomb panicked: boom"},
		{`1`, new(chan int), "", "int does not fit chan int"}, {`1`, new(func()), "", "int does not fit func()"}, {`1.5`, new(complex128), "", "float does not fit complex128"}, {`1`, new(fmt.Stringer), "", "int (int64) does not fit fmt.Stringer"},
		{`1`, nil, "", "the target must be a non-nil pointer, not <nil>"}, {`1`, 5, "", "the target must be a non-nil pointer, not int"}, {`1`, (*Level)(nil), "", "the target must be a non-nil pointer, not *walk_test.Level"},
		{`[1]`, &codec.Tuple{new(int), new(int)}, "", "a list of 1 does not fit a tuple of 2"}, {`[1, 2]`, &codec.Tuple{new(int)}, "", "a list of more than 1 does not fit a tuple of 1"}, {`[1, "x"]`, &codec.Tuple{new(int), new(int)}, "[1]", "str does not fit int"}, {`[1]`, &codec.Tuple{5}, "[0]", "non-nil pointer"},
		{`["f", [], {}, 1]`, new(codec.Call), "", "a list of more than 3"}, {`1`, new(loop), "", "refers to itself"},
	}
	for _, tt := range tests {
		for c, b := range payloads(t, tt.text, nil) {
			err := codec.Unmarshal(c, b, tt.target, nil)
			var de *codec.DecodeError
			if !errors.As(err, &de) || !strings.Contains(de.Reason, tt.reason) || de.Where != tt.where {
				t.Errorf("%s: %s into %T: %v, want %q at %q", c.Name(), tt.text, tt.target, err, tt.reason, tt.where)
			}
		}
	}
}

func TestDecodeTuple(t *testing.T) {
	for c, b := range payloads(t, `[1, "a", [2]]`, nil) {
		var i int
		var s string
		var l []float64
		if err := codec.Unmarshal(c, b, &codec.Tuple{&i, &s, &l}, nil); err != nil || i != 1 || s != "a" || len(l) != 1 || l[0] != 2 {
			t.Errorf("%s: %v %v %v, %v", c.Name(), i, s, l, err)
		}
	}
}

// JSON keys, which are text on the wire, are parsed; MsgPack keys have their
// own type.
func TestDecodeKeys(t *testing.T) {
	type at [2]int
	tests := []any{
		map[int]string{-1: "a", 10: "b"}, map[int8]int{-128: 1}, map[uint64]int{math.MaxUint64: 1}, map[Level]int{3: 1}, map[float64]int{1.5: 1, 1e300: 2, math.Inf(-1): 3},
		map[Celsius]int{20: 1}, map[float32]int{0.5: 1}, map[bool]int{true: 1, false: 2}, map[Name]int{"": 1}, map[Shout]int{{"x"}: 1},
	}
	for _, v := range tests {
		for _, c := range codecs {
			b, err := codec.Marshal(c, v, nil)
			if err != nil {
				t.Errorf("%s: %T: %v", c.Name(), v, err)
				continue
			}
			back := newLike(v)
			if err := codec.Unmarshal(c, b, back, nil); err != nil {
				t.Errorf("%s: %T: %v", c.Name(), v, err)
			} else if d := diff(v, reflect.ValueOf(back).Elem().Interface()); d != "" {
				t.Errorf("%s: %T: %s", c.Name(), v, d)
			}
		}
	}

	refused := map[string]any{
		`{"x": 1}`: new(map[int]int), `{"1.5": 1}`: new(map[int]int), `{"300": 1}`: new(map[uint8]int), `{"-1": 1}`: new(map[uint8]int), `{"yes": 1}`: new(map[bool]int),
		`{"0x10": 1}`: new(map[float64]int), `{"1_0": 1}`: new(map[float64]int), `{"inf": 1}`: new(map[float64]int), `{"1": 1}`: new(map[at]int), `{"1": 2}`: new(map[fmt.Stringer]int),
	}
	for text, target := range refused {
		var de *codec.DecodeError
		if err := codec.Unmarshal(json.Codec, []byte(text), target, nil); !errors.As(err, &de) {
			t.Errorf("%s into %T: %v", text, target, err)
		}
	}
}

func TestDictKeepsOrder(t *testing.T) {
	for c, b := range payloads(t, `{"z": 1, "a": 2}`, nil) {
		var d codec.Dict
		if err := codec.Unmarshal(c, b, &d, nil); err != nil || len(d) != 2 || d[0].Key != "z" {
			t.Errorf("%s: %v, %v", c.Name(), d, err)
		}
	}
	// Of two equal keys the first position and the last value are kept.
	for _, n := range []int{1, 40} {
		var b strings.Builder
		for round := range 2 {
			for i := range n {
				fmt.Fprintf(&b, `, "k%d": %d`, i, round)
			}
		}
		var d codec.Dict
		if err := codec.Unmarshal(json.Codec, []byte("{"+b.String()[2:]+"}"), &d, nil); err != nil || len(d) != n {
			t.Fatalf("%d entries, %v", len(d), err)
		}
		for i, e := range d {
			if e.Key != fmt.Sprintf("k%d", i) || e.Value != int64(1) {
				t.Errorf("entry %d is %v", i, e)
			}
		}
	}
}

// The old value of a target is not modified in place where it may be shared.
func TestDecodeIsFresh(t *testing.T) {
	old := ptr(1)
	list, m := []int{1, 2, 3}, map[string]int{"old": 1}
	target := struct {
		P *int
		L []int
		M map[string]int
		N int
	}{old, list, m, 9}
	if err := codec.Unmarshal(json.Codec, []byte(`{"p": 2, "l": [7], "m": {"new": 2}}`), &target, nil); err != nil {
		t.Fatal(err)
	}
	if *old != 1 || list[0] != 1 || len(m) != 1 || *target.P != 2 || len(target.L) != 1 || len(target.M) != 1 || target.N != 9 {
		t.Errorf("%v %v %v, %+v", *old, list, m, target)
	}
}

func TestDecodeBytes(t *testing.T) {
	type raw []byte
	type octets [2]uint8
	b, err := codec.Marshal(msgpack.Codec, []byte("ab"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []any{[]byte("ab"), raw("ab"), [2]byte{'a', 'b'}, octets{'a', 'b'}, struct{ B raw }{raw("ab")}.B} {
		target := newLike(want)
		if err := codec.Unmarshal(msgpack.Codec, b, target, nil); err != nil || diff(want, reflect.ValueOf(target).Elem().Interface()) != "" {
			t.Errorf("%T: %v, %v", want, target, err)
		}
	}
	for _, target := range []any{new([3]byte), new(string), new([]int), new(*Base)} {
		var de *codec.DecodeError
		if err := codec.Unmarshal(msgpack.Codec, b, target, nil); !errors.As(err, &de) {
			t.Errorf("%T: %v", target, err)
		}
	}
}

// Dicts whose keys are of all kinds, which only MsgPack has.
func TestDecodeOddKeys(t *testing.T) {
	d := codec.Dict{{Key: 1, Value: "one"}, {Key: "owner", Value: "x"}, {Key: nil, Value: 0}, {Key: codec.Tuple{1, 2}, Value: 3}, {Key: []byte("id"), Value: 7}}
	b, err := codec.Marshal(msgpack.Codec, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	var base Base
	if err := codec.Unmarshal(msgpack.Codec, b, &base, nil); err != nil || base != (Base{Owner: "x"}) {
		t.Errorf("%+v, %v", base, err)
	}
	var back codec.Dict
	want := codec.Dict{{Key: int64(1), Value: "one"}, {Key: "owner", Value: "x"}, {Key: nil, Value: int64(0)}, {Key: []any{int64(1), int64(2)}, Value: int64(3)}, {Key: []byte("id"), Value: int64(7)}}
	if err := codec.Unmarshal(msgpack.Codec, b, &back, nil); err != nil || diff(want, back) != "" {
		t.Errorf("%v, %v", back, err)
	}
	for _, target := range []any{new(map[string]any), new(map[string]string), new(map[Name]any), new(map[any]any), new(map[int]any)} {
		var de *codec.DecodeError
		if err := codec.Unmarshal(msgpack.Codec, b, target, nil); !errors.As(err, &de) {
			t.Errorf("%T: %v", target, err)
		}
	}
	var tuples map[[2]int]string
	b, _ = codec.Marshal(msgpack.Codec, map[[2]int]string{{1, 2}: "a"}, nil)
	if err := codec.Unmarshal(msgpack.Codec, b, &tuples, nil); err != nil || tuples[[2]int{1, 2}] != "a" {
		t.Errorf("%v, %v", tuples, err)
	}
}
