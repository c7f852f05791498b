// The walk is tested through the codecs: a Go type must be encoded alike by
// both.
package walk_test

import (
	"errors"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/google/go-cmp/cmp"
)

var codecs = []codec.Codec{json.Codec, msgpack.Codec}

// text returns v as JSON: the codec's encoding is decoded in order and encoded
// again as JSON.
func text(t *testing.T, c codec.Codec, v any, reg *codec.Registry) (string, error) {
	t.Helper()
	b, err := codec.Marshal(c, v, reg)
	if err != nil {
		return "", err
	}
	var later codec.Value
	if err := codec.Unmarshal(c, b, &later, nil); err != nil {
		t.Fatalf("%s: %v", c.Name(), err)
	}
	b, err = codec.Marshal(json.Codec, later, nil)
	if err != nil {
		t.Fatalf("%s: %v", c.Name(), err)
	}
	return string(b), nil
}

type (
	Celsius float64
	Flag    bool
	Name    string
	Level   int8
	Count   uint16
	Names   []Name
	Scores  map[Name]Level
	Matrix  [2][2]float64
	Anyish  []any
)

// Shout is text by a value method, Whisper by a pointer method.
type Shout struct{ s string }

func (s Shout) MarshalText() ([]byte, error) {
	if s.s == "" {
		return nil, errors.New("nothing to shout")
	}
	return []byte(strings.ToUpper(s.s)), nil
}

func (s *Shout) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return errors.New("nothing was shouted")
	}
	s.s = strings.ToLower(string(b))
	return nil
}

type Whisper struct{ s string }

func (w *Whisper) MarshalText() ([]byte, error) { return []byte(strings.ToLower(w.s)), nil }

// Bomb panics.
type Bomb struct{}

func (Bomb) MarshalText() ([]byte, error) { panic("boom") }
func (*Bomb) UnmarshalText([]byte) error  { panic("boom") }

type Base struct {
	ID    int
	Owner string
}

type Inner struct {
	Base
	Owner string // hides Base.Owner
	Depth int
}

type plain struct{ Hidden, Shown int }

type Everything struct {
	*Inner
	plain
	Named      Base `aiomas:"base"`
	URL        string
	HTTPPort   int
	Tagged     int  `aiomas:"other_name"`
	Opt        int  `aiomas:",omitempty"`
	OptNamed   *int `aiomas:"opt_ptr,omitempty"`
	Skipped    int  `aiomas:"-"`
	Foreign    int  `json:"foreign,omitempty" msgpack:"foreign,omitempty"`
	Floats     []float64
	Ptr        *Celsius
	Any        any
	unexported int
}

// Node contains itself.
type Node struct {
	Value    int
	Next     *Node            `aiomas:",omitempty"`
	Children []Node           `aiomas:",omitempty"`
	ByName   map[string]*Node `aiomas:",omitempty"`
}

func ptr[T any](v T) *T { return &v }

func TestEncode(t *testing.T) {
	tests := map[string]struct {
		value any
		want  string
	}{
		"nil":               {nil, `null`},
		"nil pointer":       {(*int)(nil), `null`},
		"nil struct":        {(*Base)(nil), `null`},
		"nil slice":         {[]int8(nil), `[]`},
		"nil map":           {map[string]int(nil), `{}`},
		"nil any slice":     {[]any(nil), `[]`},
		"nil any map":       {map[string]any(nil), `{}`},
		"nil Dict":          {codec.Dict(nil), `{}`},
		"nil Tuple":         {codec.Tuple(nil), `[]`},
		"nil Call":          {(*codec.Call)(nil), `null`},
		"nil big.Int":       {(*big.Int)(nil), `null`},
		"zero Value":        {codec.Value{}, `null`},
		"ints":              {[]any{int(-1), int8(-128), int16(3), int32(4), int64(math.MinInt64)}, `[-1, -128, 3, 4, -9223372036854775808]`},
		"uints":             {[]any{uint(1), uint8(255), uint16(3), uint32(4), uint64(math.MaxUint64), uintptr(9)}, `[1, 255, 3, 4, 18446744073709551615, 9]`},
		"floats":            {[]any{1.0, float32(0.5), -2.25}, `[1.0, 0.5, -2.25]`},
		"named":             {[]any{Celsius(1), Flag(true), Name("n"), Level(-1), Count(2)}, `[1.0, true, "n", -1, 2]`},
		"named slice":       {Names{"a", "b"}, `["a", "b"]`},
		"named any slice":   {Anyish{1, "a", nil}, `[1, "a", null]`},
		"array":             {[3]int{1, 2, 3}, `[1, 2, 3]`},
		"matrix":            {Matrix{{1, 2}, {3, 4}}, `[[1.0, 2.0], [3.0, 4.0]]`},
		"pointers":          {ptr(ptr(ptr(7))), `7`},
		"pointer to any":    {ptr(any(ptr(any("x")))), `"x"`},
		"slice of pointers": {[]*int{ptr(1), nil}, `[1, null]`},
		"big.Int":           {big.NewInt(5), `5`},
		"big.Int value":     {*big.NewInt(-5), `-5`},
		"big.Int field":     {struct{ N big.Int }{*big.NewInt(6)}, `{"n": 6}`},
		"map of big.Int":    {map[string]big.Int{"a": *big.NewInt(7)}, `{"a": 7}`},
		"string slice":      {[]string{"a"}, `["a"]`},
		"typed slices":      {[]any{[]int{1}, []int64{2}, []int16{3}, []float64{4}, []float32{5}, []bool{true}}, `[[1], [2], [3], [4.0], [5.0], [true]]`},
		"typed maps":        {[]any{map[string]float64{"b": 1, "a": 2}, map[string]string{"k": "v"}, map[string]int{"z": 1, "y": 2}}, `[{"a": 2.0, "b": 1.0}, {"k": "v"}, {"y": 2, "z": 1}]`},
		"named map":         {Scores{"b": 1, "a": 2}, `{"a": 2, "b": 1}`},
		"map of slices":     {map[string][]float64{"a": {1}}, `{"a": [1.0]}`},
		"text":              {Shout{"a"}, `"A"`},
		"pointer to text":   {&Shout{"a"}, `"A"`},
		"pointer method":    {Whisper{"A"}, `"a"`},
		"text in a map":     {map[string]Whisper{"k": {"A"}}, `{"k": "a"}`},
		"text in a slice":   {[]Whisper{{"A"}}, `["a"]`},
		"text as key":       {map[Shout]int{{"b"}: 1, {"a"}: 2}, `{"A": 2, "B": 1}`},
		"address":           {netip.MustParseAddr("127.0.0.1"), `"127.0.0.1"`},
		"text of a pointer": {(*Shout)(nil), `null`},
		"call":              {&codec.Call{Path: "a/b", Args: []any{1, "x"}, Kwargs: map[string]any{"b": 2, "a": nil}}, `["a/b", [1, "x"], {"a": null, "b": 2}]`},
		"call value":        {codec.Call{Path: "f"}, `["f", [], {}]`},
		"call in a list":    {[]codec.Call{{Path: "f"}}, `[["f", [], {}]]`},
		"dict":              {codec.Dict{{Key: "z", Value: 1}, {Key: Name("a"), Value: codec.Dict{}}}, `{"z": 1, "a": {}}`},
		"tuple":             {codec.Tuple{1, codec.Tuple{}}, `[1, []]`},
		"dict in a struct":  {struct{ D codec.Dict }{codec.Dict{{Key: "b", Value: 1}, {Key: "a", Value: 2}}}, `{"d": {"b": 1, "a": 2}}`},
		"anonymous struct":  {struct{ GetName, ID, X1 int }{1, 2, 3}, `{"get_name": 1, "id": 2, "x1": 3}`},
		"empty struct":      {struct{}{}, `{}`},
		"recursion":         {Node{1, &Node{Value: 2}, []Node{{Value: 3}}, map[string]*Node{"n": nil}}, `{"value": 1, "next": {"value": 2}, "children": [{"value": 3}], "by_name": {"n": null}}`},
		"everything": {Everything{
			Inner: &Inner{Base: Base{1, "base"}, Owner: "inner", Depth: 2}, plain: plain{3, 4}, Named: Base{5, "named"}, URL: "u", HTTPPort: 6,
			Tagged: 7, Opt: 8, OptNamed: ptr(0), Skipped: 9, Foreign: 10, Floats: []float64{1.5}, Ptr: ptr(Celsius(2)), Any: []int{1}, unexported: 11,
		}, `{"id": 1, "owner": "inner", "depth": 2, "hidden": 3, "shown": 4, "base": {"id": 5, "owner": "named"}, "url": "u", "http_port": 6, ` +
			`"other_name": 7, "opt": 8, "opt_ptr": 0, "foreign": 10, "floats": [1.5], "ptr": 2.0, "any": [1]}`},
		"nearly nothing": {&Everything{}, `{"hidden": 0, "shown": 0, "base": {"id": 0, "owner": ""}, "url": "", "http_port": 0, "other_name": 0, "floats": [], "ptr": null, "any": null}`},
	}
	for name, tt := range tests {
		for _, c := range codecs {
			got, err := text(t, c, tt.value, nil)
			if err != nil {
				t.Errorf("%s: %s: %v", c.Name(), name, err)
			} else if got != tt.want {
				t.Errorf("%s: %s:\n got %s\nwant %s", c.Name(), name, got, tt.want)
			}
		}
	}
}

func TestEncodeBytes(t *testing.T) {
	type raw []byte
	for _, v := range []any{[]byte("ab"), raw("ab"), [2]byte{'a', 'b'}, &[2]byte{'a', 'b'}, struct{ B [2]byte }{[2]byte{'a', 'b'}}.B} {
		b, err := codec.Marshal(msgpack.Codec, v, nil)
		if err != nil || string(b) != "\xc4\x02ab" {
			t.Errorf("%T: %x, %v", v, b, err)
		}
		_, err = codec.Marshal(json.Codec, v, nil)
		if ee := (*codec.EncodeError)(nil); !errors.As(err, &ee) {
			t.Errorf("%T: JSON takes bytes: %v", v, err)
		}
	}
	if b, err := codec.Marshal(msgpack.Codec, []byte(nil), nil); err != nil || string(b) != "\xc4\x00" {
		t.Errorf("nil []byte: %x, %v", b, err)
	}
}

// The keys of a Go map are written in a fixed order, whatever their types.
func TestEncodeKeyOrder(t *testing.T) {
	tests := []struct {
		value any
		want  string
	}{
		{map[int]int{10: 1, 9: 2, -1: 3}, `{"-1": 3, "9": 2, "10": 1}`},
		{map[Level]int{10: 1, 9: 2}, `{"9": 2, "10": 1}`},
		{map[uint64]int{math.MaxUint64: 1, 1: 2}, `{"1": 2, "18446744073709551615": 1}`},
		{map[float64]int{1.5: 1, -2: 2}, `{"-2.0": 2, "1.5": 1}`},
		{map[Celsius]int{1: 1}, `{"1.0": 1}`},
		{map[bool]int{true: 1, false: 2}, `{"false": 2, "true": 1}`},
		{map[string]int{"b": 1, "a": 2, "": 3, "ab": 4, "é": 5}, `{"": 3, "a": 2, "ab": 4, "b": 1, "\u00e9": 5}`},
		{map[any]int{"b": 1, "a": 2, 2.5: 3, 10: 4, uint64(math.MaxUint64): 5, -1: 6, true: 7, nil: 8, Name("c"): 9, Level(3): 10, false: 11},
			`{"null": 8, "false": 11, "true": 7, "-1": 6, "3": 10, "10": 4, "18446744073709551615": 5, "2.5": 3, "a": 2, "b": 1, "c": 9}`},
	}
	for _, tt := range tests {
		b, err := codec.Marshal(json.Codec, tt.value, nil)
		if err != nil || string(b) != tt.want {
			t.Errorf("%v: %s, %v, want %s", tt.value, b, err, tt.want)
		}
		// MsgPack has keys of all kinds; they decode to the same values.
		b, err = codec.Marshal(msgpack.Codec, tt.value, nil)
		if err != nil {
			t.Errorf("%v: %v", tt.value, err)
			continue
		}
		back := newLike(tt.value)
		if err := codec.Unmarshal(msgpack.Codec, b, back, nil); err != nil {
			t.Errorf("%v: %v", tt.value, err)
		} else if again, _ := codec.Marshal(msgpack.Codec, back, nil); string(again) != string(b) {
			t.Errorf("%v came back as %v", tt.value, back)
		}
	}
}

type loop *loop

func TestEncodeRefuses(t *testing.T) {
	self := &Node{}
	self.Next = self
	var circle loop
	circle = &circle
	var eye any
	eye = &eye
	list := make([]any, 1)
	list[0] = list
	tests := map[string]struct {
		value         any
		where, reason string // where may end with … for repetition
	}{
		"chan":           {make(chan int), "", `No serializer found for type "chan int"`},
		"func":           {func() {}, "", `No serializer found for type "func()"`},
		"complex":        {1i, "", `No serializer found for type "complex128"`},
		"in a list":      {[]any{1, []any{make(chan int)}}, "[1][0]", `No serializer`},
		"in a map":       {map[string]any{"a": map[string]any{"b": 1i}}, "a.b", `No serializer`},
		"in a typed map": {map[string]complex64{"a": 1}, "a", `No serializer`},
		"in an int map":  {map[int]any{7: 1i}, "7", `No serializer`},
		"in a Dict":      {codec.Dict{{Key: "d", Value: 1i}}, "d", `No serializer`},
		"in a Tuple":     {codec.Tuple{1i}, "[0]", `No serializer`},
		"in a struct":    {struct{ Deep struct{ Field []any } }{struct{ Field []any }{[]any{1i}}}, "deep.field[0]", `No serializer`},
		"in args":        {&codec.Call{Path: "f", Args: []any{1, map[string]any{"x": 1i}}}, "args[1].x", `No serializer`},
		"in kwargs":      {&codec.Call{Path: "f", Kwargs: map[string]any{"name": []any{1i}}}, "kwargs.name[0]", `No serializer`},
		"in a path":      {&codec.Call{Path: "\xff"}, "path", `UTF-8`},
		"type key":       {map[string]any{"__type__": 1}, "", `marks a custom type`},
		"typed map":      {map[string]int{"__type__": 1}, "", `marks a custom type`},
		"float map":      {map[string]float64{"__type__": 1}, "", `marks a custom type`},
		"text map":       {map[string]string{"__type__": ""}, "", `marks a custom type`},
		"named map":      {Scores{"__type__": 1}, "", `marks a custom type`},
		"any map":        {[]any{map[any]any{"__type__": 1}}, "[0]", `marks a custom type`},
		"Dict":           {[]any{codec.Dict{{Key: "__type__"}}}, "[0]", `marks a custom type`},
		"Dict, named":    {codec.Dict{{Key: Name("__type__")}}, "", `marks a custom type`},
		"struct": {struct {
			T int `aiomas:"__type__"`
		}{1}, "", `marks a custom type`},
		"kwargs":      {&codec.Call{Path: "f", Kwargs: map[string]any{"__type__": 1}}, "kwargs", `marks a custom type`},
		"bad text":    {[]any{"\xff"}, "[0]", `UTF-8`},
		"text method": {[]Shout{{}}, "[0]", `Could not serialize object of type walk_test.Shout`},
		"text as key": {map[Shout]int{{}: 1}, "", `Could not serialize`},
		"panic":       {[]any{Bomb{}}, "[0]", `the methods of walk_test.Bomb panicked: boom`},
		"self":        {self, "next.next.…", `nested deeper than 500`},
		"circle":      {circle, "", `to itself`},
		"any circle":  {eye, "", `to itself`},
		"list circle": {list, "[0][0]…", `nested deeper than 500`},
	}
	for name, tt := range tests {
		for _, c := range codecs {
			before := []byte("before")
			got, err := c.AppendValue(before, tt.value, nil)
			var ee *codec.EncodeError
			if !errors.As(err, &ee) {
				t.Errorf("%s: %s: %s, %v", c.Name(), name, got, err)
				continue
			}
			prefix, more := strings.CutSuffix(tt.where, "…")
			rightPlace := ee.Where == tt.where || more && strings.HasPrefix(ee.Where, prefix)
			if !rightPlace || !strings.Contains(ee.Reason, tt.reason) {
				t.Errorf("%s: %s: %q at %q", c.Name(), name, ee.Reason, ee.Where)
			}
			if string(got) != "before" {
				t.Errorf("%s: %s: an error left %q", c.Name(), name, got)
			}
		}
	}
}

func TestEncodeTime(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 0, 0, 5000, time.FixedZone("", 3600))
	b, err := codec.Marshal(json.Codec, struct{ At time.Time }{at}, nil)
	if want := `{"at": "2024-02-29T12:00:00.000005+01:00"}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
	var back struct{ At time.Time }
	if err := codec.Unmarshal(json.Codec, b, &back, nil); err != nil || !back.At.Equal(at) {
		t.Errorf("came back as %v, %v", back.At, err)
	}
}

// A Value can be sent on another connection, with another codec and other type
// ids; the order of its dicts is kept.
func TestEncodeLater(t *testing.T) {
	from, _ := codec.NewRegistry(serializer[Celsius](), codec.NewStructSerializer[Base]())
	to, _ := codec.NewRegistry(codec.NewStructSerializer[Base](), serializer[Celsius]())
	for _, c := range codecs {
		in := codec.Dict{{Key: "z", Value: Base{1, "x"}}, {Key: "a", Value: []any{codec.Dict{{Key: "y", Value: Celsius(2)}, {Key: "b", Value: nil}}}}}
		b, err := codec.Marshal(c, in, from)
		if err != nil {
			t.Fatal(err)
		}
		var v codec.Value
		if err := codec.Unmarshal(c, b, &v, from); err != nil {
			t.Fatal(err)
		}
		out, err := codec.Marshal(json.Codec, v, to)
		want := `{"z": {"__type__": [0, {"id": 1, "owner": "x"}]}, "a": [{"y": {"__type__": [1, 2.0]}, "b": null}]}`
		if err != nil || string(out) != want {
			t.Errorf("%s: %s, %v\nwant %s", c.Name(), out, err, want)
		}
		if v, err := v.Any(); err != nil || diff(map[string]any{"z": Base{1, "x"}, "a": []any{map[string]any{"y": Celsius(2), "b": nil}}}, v) != "" {
			t.Errorf("%s: %v, %v", c.Name(), v, err)
		}
	}
}

// serializer encodes a float type as its number.
func serializer[T ~float64]() codec.Serializer {
	return codec.NewSerializer(
		func(v T) (float64, error) { return float64(v), nil },
		func(x float64) (T, error) { return T(x), nil })
}

func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(Shout{}, Whisper{}, Everything{}, plain{}), cmp.Comparer(func(a, b *big.Int) bool {
		return (a == nil) == (b == nil) && (a == nil || a.Cmp(b) == 0)
	}), cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 }))
}
