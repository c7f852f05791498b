package aiomas_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Functions of one type share what is known of their signature. What they are
// exposed with is their own.
func TestFunctionsOfOneType(t *testing.T) {
	minus := func(a, b int) int { return a - b }
	type call struct {
		args   []int
		kwargs map[string]int
		want   string
	}
	missing := "TypeError: %s() missing 1 required positional argument: '%s'"
	for _, c := range []struct {
		name  string
		opts  []aiomas.ExposeOption
		calls []call
	}{
		{"plain", nil, []call{
			{[]int{3, 2}, nil, "1"},
			{[]int{3}, nil, "TypeError: plain() missing 1 required positional argument"},
			{[]int{3}, map[string]int{"b": 2}, "TypeError: plain() got an unexpected keyword argument 'b'"},
		}},
		{"ab", []aiomas.ExposeOption{aiomas.Params("a", "b")}, []call{
			{[]int{3}, map[string]int{"b": 2}, "1"},
			{[]int{3}, nil, fmt.Sprintf(missing, "ab", "b")},
		}},
		{"again", []aiomas.ExposeOption{aiomas.Params("a", "b")}, []call{
			{nil, map[string]int{"b": 2, "a": 3}, "1"},
			{[]int{3}, nil, fmt.Sprintf(missing, "again", "b")},
		}},
		{"ba", []aiomas.ExposeOption{aiomas.Params("b", "a")}, []call{
			{nil, map[string]int{"b": 2, "a": 3}, "-1"},
		}},
		{"five", []aiomas.ExposeOption{aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 5})}, []call{
			{[]int{3}, nil, "-2"},
		}},
		{"six", []aiomas.ExposeOption{aiomas.Params("a", "b"), aiomas.Defaults(aiomas.Kwargs{"b": 6})}, []call{
			{[]int{3}, nil, "-3"},
		}},
	} {
		r := aiomas.NewRouter()
		r.Expose(c.name, minus, c.opts...)
		for _, call := range c.calls {
			f, err := r.Resolve(c.name)
			if err != nil {
				t.Fatal(err)
			}
			var args []codec.Value
			for _, a := range call.args {
				args = append(args, value(t, a))
			}
			kwargs := aiomas.RawKwargs{}
			for k, v := range call.kwargs {
				kwargs[k] = value(t, v)
			}
			v, err := f.Call(t.Context(), args, kwargs)
			got := fmt.Sprint(v)
			if err != nil {
				got = err.Error()
			}
			if got != call.want {
				t.Errorf("%s(%v, %v): got %q, want %q", c.name, call.args, call.kwargs, got, call.want)
			}
		}
	}
}

func value(t *testing.T, n int) codec.Value {
	t.Helper()
	d := json.Codec.NewDecoder()
	d.Reset(strconv.AppendInt(nil, int64(n), 10), nil)
	v, err := codec.NewValue(d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
