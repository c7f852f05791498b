package function_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	jsoncodec "github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/function"
)

type (
	Kwargs    map[string]any
	RawKwargs map[string]codec.Value
)

func plan(t *testing.T, name string, fn any, o function.Options) *function.Function {
	t.Helper()
	f, err := tryPlan(name, fn, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tryPlan(name string, fn any, o function.Options) (*function.Function, error) {
	o.Kwargs, o.RawKwargs = reflect.TypeFor[Kwargs](), reflect.TypeFor[RawKwargs]()
	f, err := function.New(name, fn, o)
	return &f, err
}

// at returns a decoder in the list message, behind its first element.
func at(t *testing.T, message string) codec.Decoder {
	t.Helper()
	d := jsoncodec.Codec.NewDecoder()
	raw, err := jsoncodec.Codec.ParseValue([]byte(message), codec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d.Reset(raw, nil)
	if _, err := d.List(); err != nil {
		t.Fatal(err)
	}
	if err := d.Skip(); err != nil {
		t.Fatal(err)
	}
	return d
}

// call calls f with the arguments of a message and describes what it returned.
func call(t *testing.T, f *function.Function, args string) string {
	t.Helper()
	a, err := f.Bind(at(t, `["f", `+args+`]`))
	return outcome(t, f, a, err)
}

func outcome(t *testing.T, f *function.Function, a *function.Arguments, err error) string {
	t.Helper()
	if err != nil {
		return err.Error()
	}
	v, err := f.Invoke(t.Context(), a)
	if err != nil {
		return "failed: " + err.Error()
	}
	return fmt.Sprint(v)
}

type options struct {
	Speed float64 `aiomas:"speed,required"`
	Unit  string
}

// Arguments are bound alike in all forms.
func TestBind(t *testing.T) {
	type o = function.Options
	named := o{Params: []string{"a", "b"}, Defaults: map[string]any{"b": "B"}}
	params := func(a int, b string) string { return fmt.Sprint(a, b) }
	variadic := func(a int, rest ...int) string { return fmt.Sprint(a, rest) }
	kwargs := func(kwargs Kwargs) string { return fmt.Sprint(kwargs) }
	both := func(ctx context.Context, a int, kwargs Kwargs, rest ...int) string {
		return fmt.Sprint(a, kwargs, rest, ctx != nil)
	}
	keywords := func(a int, k options) string { return fmt.Sprint(a, k) }
	fails := func() (int, error) { return 1, errors.New("no") }
	for _, c := range []struct {
		fn   any
		o    function.Options
		args string // a list and a dict
		want string
	}{
		{params, named, `[1, "x"], {}`, "1x"},
		{params, named, `[], {"b": "y", "a": 2}`, "2y"},
		{params, named, `[3], {}`, "3B"},
		{params, named, `[], {}`, "f() missing 1 required positional argument: 'a'"},
		{params, named, `[1, "x", 2], {}`, "f() takes from 1 to 2 positional arguments but 3 were given"},
		{params, named, `[1], {"a": 1}`, "f() got multiple values for argument 'a'"},
		{params, named, `[1], {"c": 1}`, "f() got an unexpected keyword argument 'c'"},
		{params, named, `[1], {"": 1}`, "f() got an unexpected keyword argument ''"},
		{params, o{}, `[1], {"": 1}`, "f() got an unexpected keyword argument ''"},
		{params, o{}, `[], {}`, "f() missing 2 required positional arguments"},
		{params, o{Method: "F"}, `[1, "x", 2], {}`, "f() takes 3 positional arguments but 4 were given"},
		{func() {}, o{}, `[1], {}`, "f() takes 0 positional arguments but 1 was given"},
		{variadic, o{}, `[1, 2, 3], {}`, "1 [2 3]"},
		{variadic, o{}, `[1], {}`, "1 []"},
		{kwargs, o{}, `[], {"x": "1"}`, "map[x:1]"},
		{kwargs, o{}, `[], {}`, "map[]"},
		{both, o{}, `[1, 2], {"k": "v"}`, "1 map[k:v] [2] true"},
		{keywords, o{KeywordStruct: true}, `[1], {"speed": 1.5}`, "1 {1.5 }"},
		{keywords, o{KeywordStruct: true}, `[1], {}`, "f() missing 1 required keyword-only argument: 'speed'"},
		{keywords, o{KeywordStruct: true}, `[], {"speed": 1.5}`, "f() missing 1 required positional argument"},
		{keywords, o{KeywordStruct: true}, `[1, 2], {"unit": "W"}`, "f() takes 1 positional argument but 2 positional arguments (and 1 keyword-only argument) were given"},
		{keywords, o{KeywordStruct: true, KeywordDefaults: []any{options{1, "W"}}}, `[1], {"speed": 2.5}`, "1 {2.5 W}"},
		{func() (int, string) { return 1, "x" }, o{}, `[], {}`, "[1 x]"},
		{func() {}, o{}, `[], {}`, "<nil>"},
		{fails, o{}, `[], {}`, "failed: no"},
		{func() error { return nil }, o{}, `[], {}`, "<nil>"},
	} {
		f := plan(t, "f", c.fn, c.o)
		if got := call(t, f, c.args); got != c.want {
			t.Errorf("Bind(%s): got %q, want %q", c.args, got, c.want)
		}
		var args []codec.Value
		named := map[string]codec.Value{}
		d := at(t, `["f", `+c.args+`]`)
		if err := errors.Join(d.Decode(&args), d.Decode(&named)); err != nil {
			t.Fatal(err)
		}
		a, err := f.BindValues(args, named)
		if got := outcome(t, f, a, err); got != c.want {
			t.Errorf("BindValues(%s): got %q, want %q", c.args, got, c.want)
		}
		var values struct {
			args   []any
			kwargs map[string]any
		}
		both := []any{&values.args, &values.kwargs}
		if err := json.Unmarshal([]byte(`[`+c.args+`]`), &both); err != nil {
			t.Fatal(err)
		}
		a, err = f.BindGo(values.args, values.kwargs)
		if got := outcome(t, f, a, err); got != c.want {
			t.Errorf("BindGo(%s): got %q, want %q", c.args, got, c.want)
		}
	}
}

// Go values are converted if that is lossless.
func TestBindGoConverts(t *testing.T) {
	for _, c := range []struct {
		fn   any
		arg  any
		want string
	}{
		{func(v float64) any { return v }, 3, "3"},
		{func(v uint8) any { return v }, 255, "255"},
		{func(v []string) any { return v == nil }, nil, "true"},
		{func(v int) any { return v }, 2.0, "2"},
		{func(v int) any { return v }, 1.5, "f() argument 1: 1.5 (float64) does not fit int"},
		{func(v int) any { return v }, nil, "f() argument 1: nil does not fit int"},
		{func(v uint8) any { return v }, 256, "f() argument 1: 256 (int) does not fit uint8"},
		{func(v uint8) any { return v }, -1, "f() argument 1: -1 (int) does not fit uint8"},
		{func(v string) any { return v }, 65, "f() argument 1: 65 (int) does not fit string"},
		{func(codec.Value) {}, 1, "f() argument 1: 1 (int) does not fit codec.Value"},
		{func(v ...uint8) any { return v }, 256, "f() argument 'args[0]': 256 (int) does not fit uint8"},
	} {
		f := plan(t, "f", c.fn, function.Options{})
		a, err := f.BindGo([]any{c.arg}, nil)
		if got := outcome(t, f, a, err); got != c.want {
			t.Errorf("%T(%v): got %q, want %q", c.fn, c.arg, got, c.want)
		}
	}
}

// A wrong call says why in Python's words, keeps the cause, and tells only this
// side what may be wrong here.
func TestWrongCall(t *testing.T) {
	bind := func(fn any, o function.Options, args string) error {
		_, err := plan(t, "f", fn, o).Bind(at(t, `["f", `+args+`]`))
		return err
	}
	var w *function.WrongCall
	err := bind(func(int) {}, function.Options{}, `["x"], {}`)
	var cause *codec.DecodeError
	if !errors.As(err, &w) || w.Text != "f() argument 1" || !errors.As(err, &cause) || w.Hint != "" {
		t.Errorf("an argument of another type: %#v", err)
	}
	if err := bind(func(int) {}, function.Options{}, `[], {"a": 1}`); !errors.As(err, &w) || w.Err != nil ||
		w.Hint != `the argument "a" was passed by keyword, and f was exposed without Params` {
		t.Errorf("a keyword for a function without names: %#v", err)
	}
	if err := bind(func(int) {}, function.Options{Params: []string{"b"}}, `[], {"a": 1}`); !errors.As(err, &w) || w.Hint != "" {
		t.Errorf("a keyword that no parameter is named for: %#v", err)
	}
	if err := bind(func() {}, function.Options{}, `[], {"a": 1}`); !errors.As(err, &w) || w.Hint != "" {
		t.Errorf("a keyword for a function without parameters: %#v", err)
	}
}

// What is not a list and a dict is not a call, for any function.
func TestNotACall(t *testing.T) {
	f := plan(t, "f", func(...int) {}, function.Options{})
	for _, message := range []string{`["f"]`, `["f", []]`, `["f", 1, {}]`, `["f", {}, []]`, `["f", [], []]`, `["f", [], {}, 1]`} {
		var w *function.WrongCall
		var malformed *codec.DecodeError
		if _, err := f.Bind(at(t, message)); errors.As(err, &w) || !errors.As(err, &malformed) {
			t.Errorf("%s: %v", message, err)
		}
	}
}

// Arguments of one call do not affect the next, whether binding succeeded or not.
func TestArgumentsAreForgotten(t *testing.T) {
	type opts struct{ P, Q []int }
	f := plan(t, "f", func(a any, o opts) string { return fmt.Sprint(a, o) },
		function.Options{Params: []string{"a"}, Defaults: map[string]any{"a": nil}, KeywordStruct: true})
	for range 10 {
		if got := call(t, f, `[1], {"p": [2], "q": [3]}`); got != "1 {[2] [3]}" {
			t.Error(got)
		}
		if got := call(t, f, `[1], {"p": [2], "x": [3]}`); got != "f() got an unexpected keyword argument 'x'" {
			t.Error(got)
		}
		if got := call(t, f, `[], {"q": [4]}`); got != "<nil> {[] [4]}" {
			t.Error(got)
		}
	}
}

func TestFunction(t *testing.T) {
	f := plan(t, "get_p", func() int { return 7 }, function.Options{Method: "GetP"})
	if f.Name() != "get_p" || f.Method() != "GetP" || f.Func().(func() int)() != 7 {
		t.Errorf("%q, %q, %T", f.Name(), f.Method(), f.Func())
	}
}

type counter struct{ n int }

func (c *counter) Add(_ context.Context, more ...int) (int, error) {
	for _, n := range more {
		c.n += n
	}
	return c.n, nil
}

func (c counter) Twice(factor int) int { return 2 * c.n * factor }

// A method can have any receiver, also of an embedded type, and keeps the copy of a value.
func TestMethod(t *testing.T) {
	inner := &counter{n: 1}
	copied := counter{n: 5}
	outer := struct{ *counter }{inner}
	for _, c := range []struct {
		object     any
		name, args string
		want       string
	}{
		{inner, "Add", `[2, 3], {}`, "6"},
		{outer, "Add", `[4], {}`, "10"},
		{inner, "Twice", `[2], {}`, "40"},
		{copied, "Twice", `[1], {}`, "10"},
		{copied, "Twice", `[], {}`, "f() missing 1 required positional argument"},
	} {
		m, ok := function.MethodOf(c.object, c.name)
		if !ok {
			t.Fatalf("%T has no method %s", c.object, c.name)
		}
		copied.n = 0
		if got := call(t, plan(t, "f", m, function.Options{}), c.args); got != c.want {
			t.Errorf("%T.%s%s: %s, want %s", c.object, c.name, c.args, got, c.want)
		}
	}
	m, _ := function.MethodOf(inner, "Twice")
	f := plan(t, "f", m, function.Options{})
	if twice, ok := f.Func().(func(int) int); !ok || twice(1) != 20 {
		t.Errorf("the function is %T", f.Func())
	}
	for _, object := range []any{nil, copied} {
		if _, ok := function.MethodOf(object, "Add"); ok {
			t.Errorf("%T has a method Add", object)
		}
	}
}

// scale is decoded by a method that ignores null, as package encoding/json recommends.
type scale int

func (s *scale) UnmarshalJSON(text []byte) error {
	if string(text) != "null" {
		*s = scale(len(text))
	}
	return nil
}

// total is decoded by a method that adds.
type total float64

func (s *total) UnmarshalText(text []byte) error { *s += total(len(text)); return nil }

// A call gets nothing of the arguments of an earlier one, whatever methods decode them.
func TestArgumentsOfEarlierCalls(t *testing.T) {
	show := func(a any) string { return fmt.Sprint(a) }
	for _, c := range []struct {
		fn                  any
		first, second, want string
	}{
		{func(a scale) string { return show(int(a)) }, `[123], {}`, `[null], {}`, "0"},
		{func(a *scale) bool { return a == nil }, `[123], {}`, `[null], {}`, "true"},
		{func(a total) string { return show(a) }, `["123"], {}`, `["1"], {}`, "1"},
		{func(a int, b total) string { return show(b) }, `[1, "123"], {}`, `[1, "1"], {}`, "1"},
		{func(a [2]scale) string { return show(a) }, `[[123, 4]], {}`, `[[null, null]], {}`, "[0 0]"},
		{func(a []scale) string { return show(a) }, `[[123, 4]], {}`, `[[null, null]], {}`, "[0 0]"},
		{func(a struct{ Scale scale }) string { return show(a) }, `[{"scale": 123}], {}`, `[{"scale": null}], {}`, "{0}"},
		{func(a map[string]scale) string { return show(a) }, `[{"a": 123}], {}`, `[{"a": null}], {}`, "map[a:0]"},
		{func(a any) string { return show(a) }, `[123], {}`, `[null], {}`, "<nil>"},
	} {
		f := plan(t, "f", c.fn, function.Options{})
		for range 3 { // a pool may lose what is put into it
			call(t, f, c.first)
			if got := call(t, f, c.second); got != c.want {
				t.Errorf("%T: %s after %s gets %s, want %s", c.fn, c.second, c.first, got, c.want)
			}
		}
	}
}
