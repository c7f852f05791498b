package walk_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// A service is sent as a reference and arrives as a *proxy, as on an RPC
// connection.
type service interface{ path() string }

type router struct{ name string }

func (r *router) path() string { return r.name }

type proxy struct{ path string }

func (p *proxy) Call() string { return p.path }

type caller interface{ Call() string }

var object = codec.ObjectSerializer{
	Source: func(t reflect.Type) bool { return t.Implements(reflect.TypeFor[service]()) },
	Target: reflect.TypeFor[*proxy](),
	Encode: func(conn, v any) (any, error) {
		if conn == nil {
			return nil, codec.NewEncodeError("no connection")
		}
		return fmt.Sprint(conn, "/", v.(service).path()), nil
	},
	Decode: func(conn any, d codec.Decoder) (any, error) {
		path, err := d.Str()
		if err != nil {
			return nil, err
		}
		if path == "none" {
			return nil, nil
		}
		return &proxy{path}, nil
	},
}

type (
	Money  struct{ Cents int }
	Vec    [2]float64
	Line   struct{ From, To Vec }
	Strict struct {
		X     int
		Limit *Line `aiomas:"limit,omitempty"`
		Any   any
	}
	Broken struct{ How string }
)

// types returns a registry of custom types that contain each other.
func types(t *testing.T) *codec.Registry {
	t.Helper()
	reg, err := codec.NewRegistry(
		codec.NewSerializer(
			func(m Money) (int, error) { return m.Cents, nil },
			func(cents int) (Money, error) { return Money{cents}, nil }),
		codec.NewSerializer(
			func(v Vec) ([]float64, error) { return v[:], nil },
			func(l []float64) (v Vec, err error) {
				if copy(v[:], l) < len(v) {
					err = errors.New("too short")
				}
				return v, err
			}),
		codec.NewSerializer(
			func(l Line) ([2]Vec, error) { return [2]Vec{l.From, l.To}, nil },
			func(ends [2]Vec) (Line, error) { return Line{ends[0], ends[1]}, nil }),
		codec.NewStructSerializer[Strict](),
		codec.NewSerializer(
			func(b Broken) (string, error) {
				if b.How == "panic" {
					panic("encode")
				}
				if b.How == "error" {
					return "", errors.New("broken")
				}
				return b.How, nil
			},
			func(how string) (Broken, error) {
				if how == "panic on arrival" {
					panic("decode")
				}
				return Broken{how}, errors.New("broken on arrival")
			}),
		codec.NewSerializer(
			func(c complex128) ([2]float64, error) { return [2]float64{real(c), imag(c)}, nil },
			func(p [2]float64) (complex128, error) { return complex(p[0], p[1]), nil }),
	)
	if err != nil {
		t.Fatal(err)
	}
	return reg.WithObject(object).Bind("conn")
}

func TestCustom(t *testing.T) {
	type holder struct {
		M    Money
		P    *Money
		List []Vec
		Map  map[string]Line
		Any  any
		Svc  *router
	}
	type received struct {
		M    Money
		P    *Money
		List []Vec
		Map  map[string]Line
		Any  any
		Svc  *proxy
	}
	reg := types(t)
	line := Line{Vec{1, 2}, Vec{3, 4}}
	const wireLine = `{"__type__": [2, [{"__type__": [1, [1.0, 2.0]]}, {"__type__": [1, [3.0, 4.0]]}]]}`
	tests := []struct {
		value any
		wire  string
		back  any // the value decoded into an any, and into a target of its type
	}{
		{Money{5}, `{"__type__": [0, 5]}`, Money{5}},
		{&Money{5}, `{"__type__": [0, 5]}`, Money{5}},
		{ptr(&Money{5}), `{"__type__": [0, 5]}`, Money{5}},
		{Vec{1, 2}, `{"__type__": [1, [1.0, 2.0]]}`, Vec{1, 2}},
		{line, wireLine, line},
		{3 - 1i, `{"__type__": [5, [3.0, -1.0]]}`, 3 - 1i},
		{Strict{1, nil, []any{Money{2}}}, `{"__type__": [3, {"x": 1, "any": [{"__type__": [0, 2]}]}]}`, Strict{1, nil, []any{Money{2}}}},
		{Strict{1, &line, Strict{}}, `{"__type__": [3, {"x": 1, "limit": ` + wireLine + `, "any": {"__type__": [3, {"x": 0, "any": null}]}}]}`, Strict{1, &line, Strict{}}},
		{&router{"r"}, `{"__type__": [6, "conn/r"]}`, &proxy{"conn/r"}},
		{(*router)(nil), `null`, (*proxy)(nil)},
		{(*Money)(nil), `null`, (*Money)(nil)},
		{service(&router{"r"}), `{"__type__": [6, "conn/r"]}`, &proxy{"conn/r"}},
		{[]service{&router{"r"}, nil}, `[{"__type__": [6, "conn/r"]}, null]`, []*proxy{{"conn/r"}, nil}},
		{[]Money{{1}, {2}}, `[{"__type__": [0, 1]}, {"__type__": [0, 2]}]`, []Money{{1}, {2}}},
		{map[string]*Money{"a": {1}, "b": nil}, `{"a": {"__type__": [0, 1]}, "b": null}`, map[string]*Money{"a": {1}, "b": nil}},
		{holder{Money{1}, &Money{2}, []Vec{{1, 2}}, map[string]Line{"l": line}, Money{3}, &router{"r"}},
			`{"m": {"__type__": [0, 1]}, "p": {"__type__": [0, 2]}, "list": [{"__type__": [1, [1.0, 2.0]]}], "map": {"l": ` + wireLine + `}, "any": {"__type__": [0, 3]}, "svc": {"__type__": [6, "conn/r"]}}`,
			received{Money{1}, &Money{2}, []Vec{{1, 2}}, map[string]Line{"l": line}, Money{3}, &proxy{"conn/r"}}},
	}
	for _, tt := range tests {
		for _, c := range codecs {
			if got, err := textOf(t, c, tt.value, reg); err != nil || got != tt.wire {
				t.Errorf("%s: %T: %s, %v\nwant %s", c.Name(), tt.value, got, err, tt.wire)
				continue
			}
			b, _ := codec.Marshal(c, tt.value, reg)
			target := newLike(tt.back)
			if err := codec.Unmarshal(c, b, target, reg); err != nil {
				t.Errorf("%s: into %T: %v", c.Name(), tt.back, err)
			} else if got := reflect.ValueOf(target).Elem().Interface(); !reflect.DeepEqual(got, tt.back) {
				t.Errorf("%s: into %T: %+v, want %+v", c.Name(), tt.back, got, tt.back)
			}
			var x any
			if err := codec.Unmarshal(c, b, &x, reg); err != nil {
				t.Errorf("%s: %T into any: %v", c.Name(), tt.value, err)
			} else if again, err := codec.Marshal(json.Codec, x, reg); err != nil && !strings.Contains(tt.wire, "[6,") {
				t.Errorf("%s: %T came back as %v (%s), %v", c.Name(), tt.value, x, again, err)
			}
		}
	}
}

// textOf returns the text of a value without decoding its custom types.
func textOf(t *testing.T, c codec.Codec, v any, reg *codec.Registry) (string, error) {
	t.Helper()
	b, err := codec.Marshal(c, v, reg)
	if err != nil || c == json.Codec {
		return string(b), err
	}
	// MsgPack has the same structure: read it entry by entry.
	raw, err := c.ParseValue(b, codec.Limits{})
	if err != nil {
		return "", err
	}
	d := c.NewDecoder()
	d.Reset(raw, nil)
	return structure(d)
}

func structure(d codec.Decoder) (string, error) {
	var parts []string
	switch d.Kind() {
	case codec.KindList:
		if _, err := d.List(); err != nil {
			return "", err
		}
		for d.More() {
			s, err := structure(d)
			if err != nil {
				return "", err
			}
			parts = append(parts, s)
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	case codec.KindDict:
		if _, err := d.Dict(); err != nil {
			return "", err
		}
		for d.More() {
			k, err := structure(d)
			if err != nil {
				return "", err
			}
			v, err := structure(d)
			if err != nil {
				return "", err
			}
			parts = append(parts, k+": "+v)
		}
		return "{" + strings.Join(parts, ", ") + "}", nil
	}
	v, err := d.Any()
	if err != nil {
		return "", err
	}
	b, err := codec.Marshal(json.Codec, v, nil)
	return string(b), err
}

func TestCustomDecodesAsPython(t *testing.T) {
	reg := types(t)
	// Other entries of the dict are ignored, in any order, and of two equal keys
	// the last counts.
	for _, text := range []string{`{"__type__": [0, 5], "more": {"__type__": [99, 1]}}`, `{"more": [1], "__type__": [0, 5]}`, `{"__type__": [0, 4], "__type__": [0, 5]}`} {
		for _, target := range []any{new(any), new(Money), new(*Money)} {
			if strings.Contains(text, "99") && reflect.TypeOf(target).Elem() == reflect.TypeFor[any]() {
				continue // there it is decoded, and unknown, as in Python
			}
			if err := codec.Unmarshal(json.Codec, []byte(text), target, reg); err != nil {
				t.Errorf("%s into %T: %v", text, target, err)
				continue
			}
			got := reflect.ValueOf(target).Elem()
			for got.Kind() == reflect.Pointer || got.Kind() == reflect.Interface {
				got = got.Elem()
			}
			if got.Interface() != (Money{5}) {
				t.Errorf("%s into %T: %v", text, target, got)
			}
		}
	}
	// A target of interface type accepts a custom type that implements it.
	var c caller
	if err := codec.Unmarshal(json.Codec, []byte(`{"__type__": [6, "p"]}`), &c, reg); err != nil || c.Call() != "p" {
		t.Errorf("%v, %v", c, err)
	}
	if err := codec.Unmarshal(json.Codec, []byte(`null`), &c, reg); err != nil || c != nil {
		t.Errorf("%v, %v", c, err)
	}
	// A decode function may return nil.
	var p *proxy
	if err := codec.Unmarshal(json.Codec, []byte(`{"__type__": [6, "none"]}`), &p, reg); err != nil || p != nil {
		t.Errorf("%v, %v", p, err)
	}
}

func TestCustomRefuses(t *testing.T) {
	reg := types(t)
	tests := []struct {
		text          string
		target        any
		where, reason string
	}{
		{`{"__type__": [7, 1]}`, new(any), "", "unknown custom type id 7, the connection has 7 registered"},
		{`[{"a": {"__type__": [-1, 1]}}]`, new(any), "[0].a", "unknown custom type id -1"},
		{`{"__type__": 1}`, new(any), "", "a custom type is a list of type id and data, not int"},
		{`{"__type__": []}`, new(any), "", "without a type id"},
		{`{"__type__": [0]}`, new(any), "", "without data"},
		{`{"__type__": [0, 1, 2]}`, new(any), "", "more than type id and data"},
		{`{"__type__": ["0", 1]}`, new(any), "", "must be an int, not str"},
		{`{"__type__": [0, "x"]}`, new(any), "", "str does not fit int"},
		{`{"__type__": [0, 1.5]}`, new(Money), "", "float does not fit int"},
		{`{"__type__": [1, [1.0]]}`, new(Vec), "", "Could not deserialize walk_test.Vec"},
		{`{"__type__": [1, [1.0]]}`, new(Money), "", "custom type 1 (walk_test.Vec) does not fit walk_test.Money"},
		{`{"__type__": [9, 1]}`, new(Money), "", "unknown custom type id 9"},
		{`{"cents": 5}`, new(Money), "", "dict does not fit walk_test.Money, which is a custom type"},
		{`5`, new(Money), "", "int does not fit walk_test.Money"},
		{`null`, new(Money), "", "None does not fit walk_test.Money"},
		{`{"__type__": [6, "none"]}`, new(Money), "", "custom type 6 (*walk_test.proxy) does not fit walk_test.Money"},
		{`{"__type__": [0, 1]}`, new(*proxy), "", "custom type 0 (walk_test.Money) does not fit *walk_test.proxy"},
		{`{"__type__": [0, 1]}`, new(caller), "", "dict (walk_test.Money) does not fit walk_test.caller"},
		{`{"a": 1, "__type__": [0, 1]}`, new(map[string]any), "", "custom type 0 (walk_test.Money) does not fit map[string]interface {}"},
		{`{"__type__": [0, 1]}`, new(map[string]float64), "", "custom type 0 (walk_test.Money) does not fit map[string]float64"},
		{`{"__type__": [0, 1]}`, new(map[any]any), "", "custom type 0 (walk_test.Money) does not fit map[interface {}]interface {}"},
		{`{"__type__": [0, 1]}`, new(map[Name]int), "", "custom type 0 (walk_test.Money) does not fit map[walk_test.Name]int"},
		{`{"__type__": [0, 1]}`, new(codec.Dict), "", "custom type 0 (walk_test.Money) does not fit codec.Dict"},
		{`{"__type__": [0, 1]}`, new(Base), "", "custom type 0 (walk_test.Money) does not fit walk_test.Base"},
		{`[{"__type__": [0, 1]}]`, new([]Base), "[0]", "does not fit walk_test.Base"},
		{`{"__type__": [3, {"x": 1}]}`, new(Strict), "", `the field "any" of walk_test.Strict is missing`},
		{`{"__type__": [3, {"x": 1}]}`, new(any), "", `the field "any" of walk_test.Strict is missing`},
		{`{"__type__": [3, {"x": 1, "any": 2, "z": 3}]}`, new(any), "", `walk_test.Strict has no field "z"`},
		{`{"__type__": [3, {"x": "1", "any": 2}]}`, new(any), "x", `str does not fit int`},
		{`{"__type__": [3, [1]]}`, new(any), "", `list does not fit walk_test.Strict`},
		{`{"__type__": [4, "panic on arrival"]}`, new(any), "", `deserializer of walk_test.Broken panicked: decode`},
		{`{"__type__": [4, "x"]}`, new(Broken), "", `Could not deserialize walk_test.Broken`},
	}
	for _, tt := range tests {
		err := codec.Unmarshal(json.Codec, []byte(tt.text), tt.target, reg)
		var de *codec.DecodeError
		if !errors.As(err, &de) || !strings.Contains(de.Reason, tt.reason) || de.Where != tt.where {
			t.Errorf("%s into %T: %v, want %q at %q", tt.text, tt.target, err, tt.reason, tt.where)
		}
	}
	// Also without a registry.
	var de *codec.DecodeError
	if err := codec.Unmarshal(json.Codec, []byte(`{"__type__": [0, 1]}`), new(any), nil); !errors.As(err, &de) || !strings.Contains(de.Reason, "unknown custom type id 0, the connection has 0 registered") {
		t.Errorf("%v", err)
	}

	refused := []struct {
		value         any
		where, reason string
	}{
		{[]any{Broken{"panic"}}, "[0]", "serializer of walk_test.Broken panicked: encode"},
		{map[string]any{"b": &Broken{"error"}}, "b", "Could not serialize object of type walk_test.Broken"},
		{Strict{Any: []any{Broken{"error"}}}, "any[0]", "Could not serialize"},
		{[]any{map[string]any{"__type__": []any{0, 5}}}, "[0]", "marks a custom type"},
	}
	for _, tt := range refused {
		_, err := codec.Marshal(json.Codec, tt.value, reg)
		var ee *codec.EncodeError
		if !errors.As(err, &ee) || !strings.Contains(ee.Reason, tt.reason) || ee.Where != tt.where {
			t.Errorf("%v: %v, want %q at %q", tt.value, err, tt.reason, tt.where)
		}
	}
	if _, err := codec.Marshal(json.Codec, &router{"r"}, reg.Bind(nil)); err == nil {
		t.Error("a service without a connection was encoded")
	}
}

// Plans of types that contain each other are made by many goroutines at once.
func TestConcurrentPlans(t *testing.T) {
	type leaf struct{ N int }
	type left struct {
		Leaf  *leaf
		Right any
	}
	type tree struct {
		Left  left
		Trees []*Node
		M     map[string]leaf
	}
	want := `{"left": {"leaf": {"n": 1}, "right": {"n": 2}}, "trees": [{"value": 3}], "m": {"k": {"n": 4}}}`
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			v := tree{left{&leaf{1}, leaf{2}}, []*Node{{Value: 3}}, map[string]leaf{"k": {4}}}
			b, err := codec.Marshal(json.Codec, v, nil)
			if err != nil || string(b) != want {
				t.Errorf("%s, %v", b, err)
			}
			var back tree
			if err := codec.Unmarshal(json.Codec, b, &back, nil); err != nil || back.Trees[0].Value != 3 || back.M["k"].N != 4 {
				t.Errorf("%+v, %v", back, err)
			}
		})
	}
	wg.Wait()
}
