package aiomas_test

import (
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

type kelvin float64

type byValue struct{}

func (byValue) GetName() string   { return "" }
func (*byValue) SetName(n string) {}

// What no call could ever do is refused where it is written, with the way out.
func TestExposeRefusesWhatCannotBeCalled(t *testing.T) {
	type opts struct{ A int }
	expose := func(fn any, o ...aiomas.ExposeOption) func() {
		return func() { aiomas.NewRouter().Expose("f", fn, o...) }
	}
	keywords := aiomas.KeywordStruct
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"parameter 1 is a chan int: a channel cannot be encoded: return a list, or call a *aiomas.Proxy", expose(func(chan int) {})},
		{"parameter 1 is a aiomas.Kwargs: keyword arguments must be a single parameter of type Kwargs, the last one", expose(func(aiomas.Kwargs, int) {})},
		{"parameter 1 is a aiomas.RawKwargs", expose(func(aiomas.RawKwargs, aiomas.Kwargs) {})},
		{"parameter 1 is a *aiomas.Kwargs", expose(func(*aiomas.Kwargs) {})},
		{"variadic parameter is of aiomas.Kwargs", expose(func(...aiomas.Kwargs) {})},
		{"the defaults are a int, the last parameter is a aiomas_test.opts", expose(func(opts) {}, keywords(1))},
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
