package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// A function chooses by its first argument which other one gets the rest.
func ExampleFunction_Call() {
	commands := aiomas.NewRouter()
	commands.Expose("add", func(a, b int) int { return a + b },
		aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 0}))

	r := aiomas.NewRouter()
	r.Expose("run", func(ctx context.Context, name string, kwargs aiomas.RawKwargs, args ...codec.Value) (any, error) {
		f, err := commands.Resolve(name)
		if err != nil {
			return nil, err
		}
		return f.Call(ctx, args, kwargs)
	})
	addr, stop := serveExample(r)
	defer stop()
	ctx := context.Background()
	conn, err := aiomas.Dial(ctx, addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	run := conn.Remote("run")
	fmt.Println(aiomas.Call[int](ctx, run, "add", 1, aiomas.Kwargs{"b": 2}))
	fmt.Println(aiomas.Call[int](ctx, run, "add", 1))
	// Output:
	// 3 <nil>
	// 1 <nil>
}

func TestFunctionCall(t *testing.T) {
	type options struct {
		Speed float64 `aiomas:"speed,required"`
	}
	targets := aiomas.NewRouter()
	targets.Expose("params", func(a int, b string) string { return fmt.Sprint(a, b) },
		aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": "B"}))
	targets.Expose("variadic", func(a int, rest ...int) string { return fmt.Sprint(a, rest) })
	targets.Expose("kwargs", func(kwargs aiomas.Kwargs) string { return fmt.Sprint(kwargs) })
	targets.Expose("raw", func(kwargs aiomas.RawKwargs) (int, error) {
		var n int
		err := kwargs["n"].Decode(&n)
		return n, err
	})
	targets.Expose("keywords", func(a int, o options) string { return fmt.Sprint(a, o.Speed) }, aiomas.KeywordStruct())
	targets.Expose("two", func(ctx context.Context) (int, string, error) { return 1, "x", ctx.Err() })

	r := aiomas.NewRouter()
	r.Expose("run", func(ctx context.Context, name string, kwargs aiomas.RawKwargs, args ...codec.Value) (any, error) {
		f, err := targets.Resolve(name)
		if err != nil {
			return nil, err
		}
		return f.Call(ctx, args, kwargs)
	})
	_, addr := startServer(t, r)
	conn := dial(t, addr)
	for _, c := range []struct {
		name string
		args []any
		want string // the result or the exception
	}{
		{"params", []any{1, "x"}, "1x"},
		{"params", []any{aiomas.Kwargs{"b": "y", "a": 2}}, "2y"},
		{"params", []any{3}, "3B"},
		{"params", nil, "TypeError: params() missing 1 required positional argument: 'a'"},
		{"params", []any{1, "x", 2}, "TypeError: params() takes from 1 to 2 positional arguments but 3 were given"},
		{"params", []any{1, aiomas.Kwargs{"a": 1}}, "TypeError: params() got multiple values for argument 'a'"},
		{"params", []any{1, aiomas.Kwargs{"c": 1}}, "TypeError: params() got an unexpected keyword argument 'c'"},
		{"params", []any{"x"}, "TypeError: params() argument 'a': str does not fit int"},
		{"variadic", []any{1, 2, 3}, "1 [2 3]"},
		{"kwargs", []any{aiomas.Kwargs{"x": 1}}, "map[x:1]"},
		{"kwargs", nil, "map[]"},
		{"raw", []any{aiomas.Kwargs{"n": 7}}, "7"},
		{"keywords", []any{1, aiomas.Kwargs{"speed": 1.5}}, "1 1.5"},
		{"keywords", []any{1}, "TypeError: keywords() missing 1 required keyword-only argument: 'speed'"},
		{"two", nil, "[1 x]"},
		{"none", nil, `LookupError: Name "none" not found in ""`},
	} {
		var result any
		err := conn.Remote("run").Call(t.Context(), &result, append([]any{c.name}, c.args...)...)
		got := fmt.Sprint(result)
		var remote *aiomas.RemoteError
		if errors.As(err, &remote) {
			got = remote.Type + ": " + remote.Message
		}
		if got != c.want {
			t.Errorf("%s%v: got %s (%v), want %s", c.name, c.args, got, err, c.want)
		}
	}
}

func TestProxyNamed(t *testing.T) {
	_, addr := startServer(t, aiomas.NewRouter())
	p := dial(t, addr).Remote("agents", "0")
	named := p.Named("CalleeProxy('tcp://localhost:5555/0')")
	if got := named.String(); got != "CalleeProxy('tcp://localhost:5555/0')" {
		t.Errorf("got %s", got)
	}
	if !named.Equal(p) || named.Path() != "agents/0" || named.Sub("spam").String() == named.String() {
		t.Error("a name changes more than the text")
	}
	var text strings.Builder
	lazy := named.NamedBy(&text)
	text.WriteString("made when it is needed")
	if lazy.String() != text.String() || !lazy.Equal(p) {
		t.Errorf("got %s", lazy)
	}
	for _, plain := range []*aiomas.Proxy{named.Named(""), named.NamedBy(nil)} {
		if plain.String() != p.String() {
			t.Errorf("without a name: %s", plain)
		}
	}
}

// Go values are arguments as those of messages are.
func TestFunctionInvoke(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("params", func(a int, b float64, c any) string { return fmt.Sprint(a, b, c) },
		aiomas.Params("a", "b", "c"), aiomas.Defaults(aiomas.Kwargs{"b": 2, "c": nil}))
	r.Expose("rest", func(s []string, rest ...uint8) string { return fmt.Sprint(s, rest) }) //nolint:staticcheck // rest is shown as numbers
	r.Expose("kwargs", func(kwargs aiomas.Kwargs) string { return fmt.Sprint(kwargs) })
	r.Expose("raw", func(codec.Value) {})
	for _, c := range []struct {
		name   string
		args   []any
		kwargs aiomas.Kwargs
		want   any // an error is that of errors.Is
	}{
		{"params", []any{1}, nil, "1 2 <nil>"},
		{"params", []any{uint8(1), 3}, aiomas.Kwargs{"c": "x"}, "1 3x"},
		{"params", []any{1.5}, nil, aiomas.TypeError},
		{"params", []any{nil}, nil, aiomas.TypeError},
		{"params", []any{1}, aiomas.Kwargs{"a": 2}, aiomas.TypeError},
		{"params", nil, aiomas.Kwargs{"b": 2}, aiomas.TypeError},
		{"params", []any{1, 2, 3, 4}, nil, aiomas.TypeError},
		{"rest", []any{[]string{"a"}, 1, 255}, nil, "[a] [1 255]"},
		{"rest", []any{nil, 256}, nil, aiomas.TypeError},
		{"rest", []any{nil, -1}, nil, aiomas.TypeError},
		{"kwargs", nil, aiomas.Kwargs{"x": 1}, "map[x:1]"},
		{"raw", []any{1}, nil, aiomas.TypeError},
	} {
		f, err := r.Resolve(c.name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Invoke(t.Context(), c.args, c.kwargs)
		if want, fails := c.want.(error); fails {
			if !errors.Is(err, want) {
				t.Errorf("%s%v%v: got %v, %v", c.name, c.args, c.kwargs, got, err)
			}
		} else if got != c.want || err != nil {
			t.Errorf("%s%v%v: got %v, %v", c.name, c.args, c.kwargs, got, err)
		}
	}
}
