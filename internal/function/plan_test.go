package function_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/function"
)

type failure struct{ Code int }

func (*failure) Error() string { return "failed" }

// Endless embeds itself.
type Endless struct {
	*Endless
	A int
}

type (
	kelvin float64
	events chan int
)

// New returns an error for functions that no call can use, with the reason.
func TestNewRefusesWhatCannotBeCalled(t *testing.T) {
	type opts struct{ A int }
	type pointed struct{ *opts }
	type typo struct {
		A int `aiomas:"a,requierd"`
	}
	type twice struct {
		UserID int
		UserId int //nolint:revive // that is the point
	}
	type o = function.Options
	keywords := o{KeywordStruct: true}
	names := func(list ...string) o { return o{Params: append([]string{}, list...)} }
	defaults := func(d map[string]any, list ...string) o { return o{Params: list, Defaults: d} }
	prefill := func(list ...any) o { return o{KeywordStruct: true, KeywordDefaults: list} }
	for _, c := range []struct {
		fn   any
		o    function.Options
		want string
	}{
		{1, o{}, "int is not a function"},
		{nil, o{}, "<nil> is not a function"},
		{(func())(nil), o{}, "func() is not a function"},
		{func(chan int) {}, o{}, "parameter 1 is a chan int: a channel cannot be encoded"},
		{func(context.Context, int, []<-chan int) {}, o{}, "parameter 2 is a []<-chan int: a channel"},
		{func(func()) {}, o{}, "parameter 1 is a func(): a function cannot be encoded"},
		{func(map[chan int]int) {}, o{}, "parameter 1 is a map[chan int]int: a channel"},
		{func(...func()) {}, o{}, "variadic parameter is of func(): a function"},
		{func() (map[string]chan int, error) { return nil, nil }, o{}, "result 1 is a map[string]chan int: a channel"},
		{func() (error, int) { return nil, 0 }, o{}, "result 1 is an error, which must come last"}, //nolint:staticcheck // that is the point
		{func() (error, error) { return nil, nil }, o{}, "result 1 is an error, which must come last"},
		{func() *failure { return nil }, o{}, "result 1 is a *function_test.failure, which is an error: declare it as error"},
		{func(Kwargs, int) {}, o{}, "parameter 1 is a function_test.Kwargs: keyword arguments must be a single parameter of type Kwargs, the last one"},
		{func(Kwargs, Kwargs) {}, o{}, "parameter 1 is a function_test.Kwargs"},
		{func(RawKwargs, Kwargs) {}, o{}, "parameter 1 is a function_test.RawKwargs"},
		{func(*Kwargs) {}, o{}, "parameter 1 is a *function_test.Kwargs"},
		{func(...Kwargs) {}, o{}, "variadic parameter is of function_test.Kwargs"},
		{func(int, context.Context) {}, o{}, "parameter 2 is a context, which must come first"},

		{func(opts, ...int) {}, keywords, "KeywordStruct: the struct must be the last parameter"},
		{func(opts, Kwargs) {}, keywords, "the struct must be the last parameter"},
		{func(int) {}, keywords, "the last parameter is not a struct"},
		{func() {}, keywords, "the last parameter is not a struct"},
		{func(struct{ a int }) {}, keywords, "has no exported fields"},
		{func(pointed) {}, keywords, "embed the struct itself"},
		{func(Endless) {}, keywords, "embed the struct itself"},
		{func(typo) {}, keywords, `unknown option "requierd"`},
		{func(twice) {}, keywords, `two fields for "user_id"`},
		{func(opts) {}, prefill(1), "KeywordStruct: the defaults are a int, the last parameter is a function_test.opts"},
		{func(opts) {}, prefill(nil), "the defaults are a <nil>"},
		{func(opts) {}, prefill(opts{}, opts{}), "more than one struct of defaults"},

		{func(int) {}, names(), "Params names 0 parameters, the function has 1"},
		{func(int) {}, names("a", "b"), "Params names 2 parameters, the function has 1"},
		{func(a, b int) {}, names("a", "a"), `parameter 1 cannot be named "a"`},
		{func(int) {}, names(""), `parameter 0 cannot be named ""`},
		{func(int, opts) {}, o{Params: []string{"a"}, KeywordStruct: true}, `parameter 0 cannot be named "a"`},
		{func(int) {}, defaults(map[string]any{"b": 1}, "a"), `default of "b": Params names no such parameter`},
		{func(int) {}, defaults(map[string]any{"a": 1}), `default of "a": Params names no such parameter`},
		{func(int, opts) {}, o{Params: []string{"x"}, Defaults: map[string]any{"a": 1}, KeywordStruct: true}, `default of "a": Params names no such parameter`},
		{func(a, b int) {}, defaults(map[string]any{"a": 1}, "a", "b"), `parameter "b" without a default follows one with a default`},
		{func(int) {}, defaults(map[string]any{"a": "1"}, "a"), `default of "a": 1 (string) does not fit int`},
		{func(uint64) {}, defaults(map[string]any{"a": -1}, "a"), "-1 (int) does not fit uint64"},
		{func([2]int) {}, defaults(map[string]any{"a": []int{1}}, "a"), "does not fit [2]int"},
		{func(int8) {}, defaults(map[string]any{"a": uint8(200)}, "a"), "200 (uint8) does not fit int8"},
	} {
		for range 2 { // a failure is not kept as a plan
			if _, err := tryPlan("f", c.fn, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%T: got %v, want %s", c.fn, err, c.want)
			}
		}
	}
	// Named types may be custom types.
	plan(t, "f", func(kelvin, Kwargs, ...int) (kelvin, error) { return 0, nil }, o{})
	plan(t, "f", func(events) events { return nil }, o{})
}

// Functions of the same type share a plan, but have their own options.
func TestFunctionsOfOneType(t *testing.T) {
	minus := func(a, b int) int { return a - b }
	ab := []string{"a", "b"}
	for _, c := range []struct {
		name string
		o    function.Options
		args string
		want string
	}{
		{"plain", function.Options{}, `[3, 2], {}`, "1"},
		{"plain", function.Options{}, `[3], {}`, "plain() missing 1 required positional argument"},
		{"plain", function.Options{}, `[3], {"b": 2}`, "plain() got an unexpected keyword argument 'b'"},
		{"ab", function.Options{Params: ab}, `[3], {"b": 2}`, "1"},
		{"ab", function.Options{Params: ab}, `[3], {}`, "ab() missing 1 required positional argument: 'b'"},
		{"again", function.Options{Params: ab}, `[], {"b": 2, "a": 3}`, "1"},
		{"again", function.Options{Params: ab}, `[3], {}`, "again() missing 1 required positional argument: 'b'"},
		{"ba", function.Options{Params: []string{"b", "a"}}, `[], {"b": 2, "a": 3}`, "-1"},
		{"five", function.Options{Params: ab, Defaults: map[string]any{"b": 5}}, `[3], {}`, "-2"},
		{"six", function.Options{Params: ab, Defaults: map[string]any{"b": 6}}, `[3], {}`, "-3"},
		{"none", function.Options{Params: ab}, `[3], {}`, "none() missing 1 required positional argument: 'b'"},
		{"quoted", function.Options{Params: []string{`a" "b`, "c"}}, `[], {"a\" \"b": 3, "c": 2}`, "1"},
	} {
		if got := call(t, plan(t, c.name, minus, c.o), c.args); got != c.want {
			t.Errorf("%s(%s): got %q, want %q", c.name, c.args, got, c.want)
		}
	}
}
