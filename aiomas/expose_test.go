package aiomas_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

type kelvin float64

type failure struct{ Code int }

func (*failure) Error() string { return "failed" }

type byValue struct{}

func (byValue) GetName() string   { return "" }
func (*byValue) SetName(n string) {}

// What no call could ever do is refused where it is written, with the way out.
func TestExposeRefusesWhatCannotBeCalled(t *testing.T) {
	type opts struct{ A int }
	type pointed struct{ *opts }
	type typo struct {
		A int `aiomas:"a,requierd"`
	}
	type twice struct {
		UserID int
		UserId int //nolint:revive,staticcheck // that is the point
	}
	expose := func(fn any, o ...aiomas.ExposeOption) func() {
		return func() { aiomas.NewRouter().Expose("f", fn, o...) }
	}
	keywords := aiomas.KeywordStruct
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"parameter 1 is a chan int: a channel cannot travel: return a list, or call a *aiomas.Proxy", expose(func(chan int) {})},
		{"parameter 2 is a []<-chan int: a channel", expose(func(context.Context, int, []<-chan int) {})},
		{"parameter 1 is a func(): a function cannot travel: take a *aiomas.Proxy", expose(func(func()) {})},
		{"variadic parameter is of func(): a function", expose(func(...func()) {})},
		{"result 1 is a map[string]chan int: a channel", expose(func() (map[string]chan int, error) { return nil, nil })},
		{"result 1 is an error, which must come last", expose(func() (error, int) { return nil, 0 })}, //nolint:revive // that is the point
		{"result 1 is an error, which must come last", expose(func() (error, error) { return nil, nil })},
		{"result 1 is a *aiomas_test.failure, which is an error: declare it as error", expose(func() *failure { return nil })},
		{"parameter 1 is a aiomas.Kwargs: keyword arguments are one parameter of type Kwargs, the last one", expose(func(aiomas.Kwargs, int) {})},
		{"parameter 1 is a aiomas.Kwargs", expose(func(aiomas.Kwargs, aiomas.Kwargs) {})},
		{"parameter 1 is a aiomas.RawKwargs", expose(func(aiomas.RawKwargs, aiomas.Kwargs) {})},
		{"parameter 1 is a *aiomas.Kwargs", expose(func(*aiomas.Kwargs) {})},
		{"variadic parameter is of aiomas.Kwargs", expose(func(...aiomas.Kwargs) {})},
		{"parameter 2 is a context, which must come first", expose(func(int, context.Context) {})}, //nolint:revive // that is the point
		{"the struct must be the last parameter", expose(func(opts, ...int) {}, keywords())},
		{"the struct must be the last parameter", expose(func(opts, aiomas.Kwargs) {}, keywords())},
		{"the last parameter is not a struct", expose(func(int) {}, keywords())},
		{"the last parameter is not a struct", expose(func() {}, keywords())},
		{"has no exported fields", expose(func(struct{ a int }) {}, keywords())},
		{"embed the struct itself", expose(func(pointed) {}, keywords())},
		{"embed the struct itself", expose(func(Endless) {}, keywords())},
		{`unknown option "requierd"`, expose(func(typo) {}, keywords())},
		{`two fields for "user_id"`, expose(func(twice) {}, keywords())},
		{"the defaults are a int, the last parameter is a aiomas_test.opts", expose(func(opts) {}, keywords(1))},
		{"the defaults are a <nil>", expose(func(opts) {}, keywords(nil))},
		{"more than one struct of defaults", expose(func(opts) {}, keywords(opts{}, opts{}))},
		{"it is one of *aiomas_test.byValue, give NewObjectRouter a pointer", func() { aiomas.NewObjectRouter(byValue{}).ExposeMethod("SetName") }},
		{`did you mean "GetName"?`, func() { aiomas.NewObjectRouter(byValue{}).ExposeMethod("get_name") }},
		{`did you mean "SetName"?`, func() { aiomas.NewObjectRouter(&byValue{}).ExposeMethods("setName") }},
		{"NewObjectRouter was given no object", func() { aiomas.NewRouter().ExposeMethod("GetName") }},
	} {
		err := panics(t, c.f)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "aiomas: ") {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	// These can: named types may be custom ones.
	r := aiomas.NewRouter()
	r.Expose("a", func(kelvin, aiomas.Kwargs, ...int) (kelvin, error) { return 0, nil })
	r.Expose("b", func(events) events { return nil })
	aiomas.NewObjectRouter(byValue{}).ExposeMethods("GetName")
	aiomas.NewObjectRouter(&byValue{}).ExposeMethods("GetName", "SetName")
}

type events chan int

// Endless embeds itself.
type Endless struct {
	*Endless
	A int
}

type bounds struct {
	Low, High int
}

type charge struct {
	bounds         // its fields are keywords, too
	Named  bounds  `aiomas:"named"`
	Rate   float64 `aiomas:"rate"`
	Steps  []int   `aiomas:"steps"`
	Note   *string `aiomas:"note"`
	Unit   string  `aiomas:"unit,required"`
	Hidden int     `aiomas:"-"`
	Any    any     `aiomas:"any"`
	Map    map[string]int
}

// The fields of a keyword struct that no argument is given for are those of the
// defaults, in each call anew.
func TestKeywordStructDefaults(t *testing.T) {
	note := "default"
	defaults := charge{bounds{1, 2}, bounds{3, 4}, 0.5, []int{1}, &note, "unused", 7, "x", map[string]int{"a": 1}}
	var got charge
	r := aiomas.NewRouter()
	r.Expose("charge", func(c charge) { got = c }, aiomas.KeywordStruct(defaults))
	r.Expose("zero", func(c charge) { got = c }, aiomas.KeywordStruct())
	_, raw := newRawClient(t, r)
	for _, c := range []struct {
		request string
		change  func(*charge)
	}{
		{`["charge", [], {"unit": "W"}]`, func(*charge) {}},
		{`["charge", [], {"unit": "W", "rate": 2, "high": 9, "note": null, "map": {"b": 2}}]`, func(c *charge) {
			c.Rate, c.High, c.Note, c.Map = 2, 9, nil, map[string]int{"b": 2}
		}},
		{`["charge", [], {"unit": "W", "named": {"low": 8}, "steps": [5], "any": null}]`, func(c *charge) {
			c.Named.Low, c.Steps, c.Any = 8, []int{5}, nil
		}},
		{`["charge", [], {"unit": "W"}]`, func(*charge) {}}, // nothing of the calls before
		{`["zero", [], {"unit": "W"}]`, func(c *charge) { *c = charge{Unit: "W"} }},
	} {
		want := defaults
		want.Unit = "W"
		c.change(&want)
		got = charge{}
		raw.send(`[0, 0, ` + c.request + `]`)
		raw.expect(`[1, 0, null]`)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", c.request, got, want)
		}
	}
	raw.send(`[0, 0, ["charge", [], {}]]`) // a default does not replace what is required
	if got := raw.recv(); !strings.Contains(got, `TypeError: charge() missing 1 required keyword-only argument: 'unit'`) {
		t.Error(got)
	}
	if note != "default" || defaults.Steps[0] != 1 || defaults.Map["a"] != 1 || len(defaults.Map) != 1 {
		t.Errorf("the defaults have changed: %+v", defaults)
	}
}
