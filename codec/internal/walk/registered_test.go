package walk_test

import (
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/google/go-cmp/cmp"
)

type (
	Mode   uint8
	Raws   []byte
	Table  map[string]int
	Handle struct{ id int }
)

// as encodes a T as its index among the values sent before.
func as[T any]() codec.Serializer {
	var sent []T
	return codec.NewSerializer(
		func(v T) (int, error) { sent = append(sent, v); return len(sent) - 1, nil },
		func(i int) (T, error) { return sent[i], nil })
}

// registrable are types that can be registered, with a value of each and its
// serializer.
var registrable = []struct {
	value any
	with  codec.Serializer
}{
	{Mode(1), as[Mode]()},
	{Mode(1), as[*Mode]()},
	{Name("n"), as[Name]()},
	{Celsius(1), as[Celsius]()},
	{Rank(2), as[Rank]()}, // wins over MarshalText
	{time.Second, as[time.Duration]()},
	{time.Unix(0, 0).UTC(), as[time.Time]()},
	{json.Codec.Name, as[func() string]()},
	{complex(1, 2), as[complex128]()},
	{Raws("ab"), as[Raws]()},
	{Names{"a"}, as[Names]()},
	{Table{"a": 1}, as[Table]()},
	{Matrix{}, as[Matrix]()},
	{[2]float64{1, 2}, as[[2]float64]()},
	{[]int32{1}, as[[]int32]()},
	{map[string]int{"a": 1}, as[map[string]int]()},
	{Handle{1}, as[Handle]()},
	{Handle{1}, as[*Handle]()},
	{msgpack.Ext{Code: 1, Data: []byte("x")}, as[msgpack.Ext]()},
	{codec.Request, as[codec.MessageType]()},
}

// A registered type is encoded as a custom type at every position, and decodes to
// the same value.
func TestRegisteredEverywhere(t *testing.T) {
	same := cmp.Options{
		cmp.AllowUnexported(Handle{}),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().Type().Kind() == reflect.Func }, cmp.Comparer(func(a, b any) bool { return true })),
	}
	for _, tt := range registrable {
		v := reflect.ValueOf(tt.value)
		reg, err := codec.NewRegistry(tt.with)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, c := range codecs {
			for name, x := range positions(v) {
				if strings.Contains(name, "key") && c.Name() == "json" {
					var ee *codec.EncodeError
					if b, err := codec.Marshal(c, x, reg); !errors.As(err, &ee) {
						t.Errorf("json: %v as %s: %s, %v", v.Type(), name, b, err)
					}
					continue
				}
				b, err := codec.Marshal(c, x, reg)
				if err != nil || strings.Count(string(b), codec.TypeKey) != 1 {
					t.Errorf("%s: %v as %s is no custom type: %q, %v", c.Name(), v.Type(), name, b, err)
					continue
				}
				back := newLike(x)
				if err := codec.Unmarshal(c, b, back, reg); err != nil {
					t.Errorf("%s: %v as %s does not come back: %v", c.Name(), v.Type(), name, err)
					continue
				}
				if strings.HasPrefix(name, "any") || strings.Contains(name, "Dict") || strings.Contains(name, "pointer") {
					continue // as the registered type, which may be the pointer
				}
				if diff := cmp.Diff(x, reflect.ValueOf(back).Elem().Interface(), same); diff != "" {
					t.Errorf("%s: %v as %s came back as another:\n%s", c.Name(), v.Type(), name, diff)
				}
			}
		}
	}
}

// positions returns values that contain v.
func positions(v reflect.Value) map[string]any {
	t := v.Type()
	pointer := reflect.New(t)
	pointer.Elem().Set(v)
	slice := reflect.MakeSlice(reflect.SliceOf(t), 1, 1)
	slice.Index(0).Set(v)
	array := reflect.New(reflect.ArrayOf(1, t)).Elem()
	array.Index(0).Set(v)
	value := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), t))
	value.SetMapIndex(reflect.ValueOf("k"), v)
	field := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "F", Type: t}})).Elem()
	field.Field(0).Set(v)
	p := map[string]any{
		"itself": v.Interface(), "pointer": pointer.Interface(), "any": []any{v.Interface()}, "any pointer": []any{pointer.Interface()},
		"element": slice.Interface(), "array": array.Interface(), "value": value.Interface(), "field": field.Interface(),
		"Dict value": codec.Dict{{Key: "k", Value: v.Interface()}}, "Dict key": codec.Dict{{Key: v.Interface(), Value: 1}},
		"any value": map[string]any{"k": v.Interface()},
	}
	if t.Comparable() {
		key := reflect.MakeMap(reflect.MapOf(t, reflect.TypeFor[int]()))
		key.SetMapIndex(v, reflect.ValueOf(1))
		p["key"] = key.Interface()
		p["any key"] = map[any]any{v.Interface(): 1}
	}
	return p
}

// Registering a built-in type fails.
func TestRegistryRefuses(t *testing.T) {
	for _, s := range []codec.Serializer{
		as[bool](), as[int](), as[int8](), as[uint8](), as[uint64](), as[uintptr](), as[float32](), as[float64](), as[string](),
		as[[]byte](), as[[]any](), as[[]int](), as[[]int64](), as[[]float64](), as[[]string](),
		as[map[string]any](), as[map[any]any](), as[map[string]float64](), as[map[string]string](),
		as[codec.Dict](), as[codec.Tuple](), as[codec.Value](), as[codec.Call](), as[big.Int](),
		as[*int](), as[**int](), as[*big.Int](), as[*codec.Call](), as[*[]any](),
		as[any](), as[error](), as[caller](), as[*any](), {},
	} {
		if _, err := codec.NewRegistry(s); err == nil {
			t.Errorf("%v was registered", s.Type())
		}
	}
	for _, list := range [][]codec.Serializer{
		{as[Mode](), as[Mode]()}, {as[Mode](), as[*Mode]()}, {as[*Mode](), as[Mode]()}, {as[**Mode](), as[*Mode]()},
		{codec.NewStructSerializer[Base](), as[*Base]()},
	} {
		if _, err := codec.NewRegistry(list...); err == nil {
			t.Errorf("%v was registered beside %v", list[1].Type(), list[0].Type())
		}
	}
}

func TestRegistryKeepsItsOwnCopy(t *testing.T) {
	list := []codec.Serializer{as[Mode]()}
	reg, err := codec.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	list[0] = as[Name]()
	if _, err := codec.Marshal(json.Codec, Mode(1), reg); err != nil {
		t.Error(err)
	}
}

func TestZeroRegistry(t *testing.T) {
	for _, reg := range []*codec.Registry{nil, {}, new(codec.Registry).Bind(1)} {
		for _, c := range codecs {
			b, err := codec.Marshal(c, Base{1, "o"}, reg)
			if err != nil {
				t.Fatal(err)
			}
			var x Base
			if err := codec.Unmarshal(c, b, &x, reg); err != nil || x.ID != 1 {
				t.Errorf("%+v, %v", x, err)
			}
			if err := codec.Unmarshal(c, b, new(any), reg.WithObject(object)); err != nil || reg.Len() != 0 {
				t.Error(err)
			}
		}
	}
}

// Of two custom types in one dict the last one counts, as in Python.
func TestLastCustomTypeCounts(t *testing.T) {
	reg, err := codec.NewRegistry(codec.NewStructSerializer[Money](), codec.NewStructSerializer[Holds]())
	if err != nil {
		t.Fatal(err)
	}
	good := `"__type__": [0, {"cents": 5}]`
	for _, bad := range []string{`[99, 1]`, `1`, `[]`, `["x", 1]`, `[0]`, `[0, 1, 2]`, `[0, {"x": [[1], 2]}]`} {
		for _, text := range []string{
			`{"__type__": ` + bad + `, ` + good + `}`,
			`{"__type__": ` + bad + `, "__type__": ` + bad + `, "a": [1], ` + good + `, "b": 2}`,
		} {
			for c, b := range map[codec.Codec]string{json.Codec: text, msgpack.Codec: msgpackOf(t, text)} {
				var x any
				if err := codec.Unmarshal(c, []byte(b), &x, reg); err != nil || x != (Money{5}) {
					t.Errorf("%s: %s is %v, %v", c.Name(), text, x, err)
				}
				var m Money
				if err := codec.Unmarshal(c, []byte(b), &m, reg); err != nil || m.Cents != 5 {
					t.Errorf("%s: %s is %v, %v", c.Name(), text, m, err)
				}
				var later codec.Value
				if err := codec.Unmarshal(c, []byte(b), &later, reg); err != nil {
					t.Fatal(err)
				}
				if got, err := codec.Marshal(json.Codec, later, reg); err != nil || string(got) != `{"__type__": [0, {"cents": 5}]}` {
					t.Errorf("%s: %s passed on is %s, %v", c.Name(), text, got, err)
				}
			}
		}
	}
	// An enclosing list is read on from the right position.
	var list []any
	text := `[1, {"__type__": [0, {"x": [1, 2]}], ` + good + `}, "after"]`
	if err := codec.Unmarshal(json.Codec, []byte(text), &list, reg); err != nil || !reflect.DeepEqual(list, []any{int64(1), Money{5}, "after"}) {
		t.Errorf("%v, %v", list, err)
	}
}

// msgpackOf converts a dict from JSON text to MsgPack; no Go value can have its
// two equal keys.
func msgpackOf(t *testing.T, text string) string {
	t.Helper()
	d := json.Codec.NewDecoder()
	d.Reset([]byte(text), nil)
	var b []byte
	var write func()
	write = func() {
		switch d.Kind() {
		case codec.KindDict:
			at, n := len(b), 0
			b = append(b, 0)
			if _, err := d.Dict(); err != nil {
				t.Fatal(err)
			}
			for ; d.More(); n++ {
				write()
				write()
			}
			b[at] = 0x80 | byte(n)
		case codec.KindList:
			at, n := len(b), 0
			b = append(b, 0)
			if _, err := d.List(); err != nil {
				t.Fatal(err)
			}
			for ; d.More(); n++ {
				write()
			}
			b[at] = 0x90 | byte(n)
		default:
			x, err := d.Any()
			if err != nil {
				t.Fatal(err)
			}
			if b, err = msgpack.Codec.AppendValue(b, x, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	write()
	return string(b)
}
