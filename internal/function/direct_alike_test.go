package function_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/function"
)

type service struct{ log []string }

func (s *service) Add(a, b int) int                                     { return a + b + len(s.log) }
func (s *service) Ask(ctx context.Context, name string) (string, error) { return name, ctx.Err() }
func (s *service) Sum(list []float64, scale float64) (sum float64) {
	for _, x := range list {
		sum += scale * x
	}
	return sum
}
func (s *service) Fail(*record) (map[string]any, error) {
	return map[string]any{"a": 1}, errors.New("no")
}

type plain struct{ n int }

func (p plain) Get() int { return p.n }

func method(t *testing.T, object any, name string) *function.Method {
	t.Helper()
	m, ok := function.MethodOf(object, name)
	if !ok {
		t.Fatal(name)
	}
	return m
}

// A direct call and a reflective one have the same outcome for all arguments, those that
// do not fit included.
func TestDirectAndReflectiveCallsAreAlike(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &service{}
	pair := function.Options{Params: []string{"a", "b"}}
	named := function.Options{Params: []string{"a", "b"}, Defaults: map[string]any{"b": 2}}
	for _, c := range []struct {
		fn     any
		o      function.Options
		direct bool
	}{
		{func(a, b int) int { return a - b }, named, true},
		{func(a, b any) any { return fmt.Sprint(a, b) }, pair, true},
		{func(a int64, b *int) (*int, error) { return b, nil }, pair, strconv.IntSize == 64},
		{func(ctx context.Context, a, b float64) (float64, error) { return a / b, ctx.Err() }, named, true},
		{func(a string) { panic(a) }, function.Options{}, true},
		{func(a number) { runtime.Goexit() }, function.Options{}, true},
		{func(kwargs Kwargs) any { return len(kwargs) }, function.Options{}, true},
		{func(ctx context.Context, kwargs RawKwargs) int { return len(kwargs) }, function.Options{}, true},
		{func(a map[string]any, b []any) (any, error) { return a, nil }, pair, true},
		{func(on bool) error { return errors.New(fmt.Sprint(on)) }, function.Options{}, true},
		{func() (fmt.Stringer, error) { return nil, nil }, function.Options{}, true},
		{func() (any, error) { return 1, errors.New("dropped") }, function.Options{}, true},
		{method(t, s, "Add"), named, true},
		{method(t, s, "Ask"), function.Options{}, true},
		{method(t, s, "Sum"), function.Options{Params: []string{"a", "b"}, Defaults: map[string]any{"b": 2.0}}, true},
		{method(t, s, "Fail"), function.Options{Method: "Fail"}, true},
		{method(t, plain{3}, "Get"), function.Options{}, false},
		{method(t, &plain{4}, "Get"), function.Options{}, true},
		{func(a, b int32) int32 { return a + b }, named, false},
		{func(a int, rest ...int) int { return a + len(rest) }, function.Options{}, false},
		{func(a, b, c, d float64) {}, function.Options{}, false},
		{func() (int, string) { return 1, "a" }, function.Options{}, false},
		{func(a int, k options) {}, function.Options{KeywordStruct: true}, false},
	} {
		f := plan(t, "f", c.fn, c.o)
		if got := function.Direct(f); got != c.direct {
			t.Errorf("%T is called directly: %v, want %v", f.Func(), got, c.direct)
		}
		for _, args := range []string{
			`[], {}`, `[1], {}`, `[1, 2], {}`, `[1, 2, 3], {}`, `[1, 2, 3, 4, 5], {}`, `[1.5, 2], {}`, `["a", "b"], {}`, `[null, null], {}`,
			`[true], {}`, `[[1, 2.5], 2.0], {}`, `[{"a": 1}, []], {}`, `[{"list": []}], {}`, `[1], {"b": 3}`, `[1], {"a": 3}`, `[], {"b": 1}`, `[], {"a": 1}`,
			`[], {"c": 1}`, `[], {"speed": 1.0}`, `[9223372036854775808, 1], {}`, `[1, {}], {}`, `[1, 0.0], {}`,
		} {
			for name, bind := range binders(t, args) {
				for _, ctx := range []context.Context{t.Context(), ctx} {
					got, want := finish(ctx, f, bind), finish(ctx, function.Reflective(f), bind)
					if got != want {
						t.Errorf("%T, %s(%s): directly %q, by reflection %q", f.Func(), name, args, got, want)
					}
				}
			}
		}
	}
}

type binder func(*function.Function) (*function.Arguments, error)

// binders are the ways to bind arguments.
func binders(t *testing.T, args string) map[string]binder {
	var encoded []codec.Value
	keywords := map[string]codec.Value{}
	d := at(t, `["f", `+args+`]`)
	if err := errors.Join(d.Decode(&encoded), d.Decode(&keywords)); err != nil {
		t.Fatal(err)
	}
	var list []any
	var kwargs map[string]any
	if err := json.Unmarshal([]byte(`[`+args+`]`), &[]any{&list, &kwargs}); err != nil {
		t.Fatal(err)
	}
	return map[string]binder{
		"Bind": func(f *function.Function) (*function.Arguments, error) { return f.Bind(at(t, `["f", `+args+`]`)) },
		"BindValues": func(f *function.Function) (*function.Arguments, error) {
			return f.BindValues(encoded, keywords)
		},
		"BindGo": func(f *function.Function) (*function.Arguments, error) { return f.BindGo(list, kwargs) },
	}
}

// finish describes how a call ends: with a result, an error, a panic or Goexit.
func finish(ctx context.Context, f *function.Function, bind binder) (outcome string) {
	outcome = "exited"
	var wg sync.WaitGroup
	wg.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				outcome = fmt.Sprintf("panicked: %v", v)
			}
		}()
		a, err := bind(f)
		if err != nil {
			outcome = fmt.Sprintf("refused: %v", err)
			return
		}
		outcome = invoked(f.Invoke(ctx, a))
		if a, err = bind(f); err != nil {
			return
		}
		result, err := f.InvokeLent(ctx, a)
		defer result.Free()
		if lent := invoked(result.Value, err); lent != outcome {
			outcome += ", lent: " + lent
		}
	})
	wg.Wait()
	return outcome
}

func invoked(v any, err error) string {
	if p, ok := v.(*int); ok && p != nil {
		v = *p
	}
	return fmt.Sprintf("%T %v, %v", v, v, err)
}

// A lent result stays as it is until it is freed, and is then not kept alive.
func TestLentResults(t *testing.T) {
	lend := func(f *function.Function, args string) function.Result {
		a, err := f.Bind(at(t, `["f", `+args+`], {}]`))
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.InvokeLent(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, fn := range []any{
		func(a int) int { return a }, func(a int) float64 { return float64(a) }, func(a int) string { return fmt.Sprint(a) },
		func(a int) []int { return []int{a} }, func(a int) any { return a }, func(a int) texts { return texts{fmt.Sprint(a)} }, func(a int) int8 { return int8(a) },
	} {
		f := plan(t, "f", fn, function.Options{})
		a, b := lend(f, "[1"), lend(f, "[2")
		if got := strings.NewReplacer("[", "", "]", "").Replace(fmt.Sprintf("%v %v", a.Value, b.Value)); got != "1 2" {
			t.Errorf("%T: got %s", fn, got)
		}
		a.Free()
		b.Free()
		c := lend(f, "[3")
		if got := fmt.Sprint(c.Value); strings.Trim(got, "[]") != "3" {
			t.Errorf("%T: got %s", fn, got)
		}
		c.Free()
	}
	freed := make(chan struct{})
	f := plan(t, "f", func() []byte {
		b := make([]byte, 1<<10)
		runtime.AddCleanup(&b[0], func(struct{}) { close(freed) }, struct{}{})
		return b
	}, function.Options{})
	lend(f, "[").Free()
	for {
		runtime.GC()
		select {
		case <-freed:
			return
		default:
		}
	}
}

// What a function is given stays as it was, after the call as well: it may keep it.
func TestFunctionsMayKeepTheirArguments(t *testing.T) {
	type kept struct {
		m    map[string]any
		list []string
		text string
		p    *struct{ List []int }
	}
	var all []kept
	first := plan(t, "f", func(m map[string]any, list []string) []string {
		runtime.GC() // not even the library has them elsewhere
		all = append(all, kept{m: m, list: list})
		return list
	}, function.Options{})
	second := plan(t, "f", func(ctx context.Context, text string, p *struct{ List []int }) *struct{ List []int } {
		runtime.GC()
		all = append(all, kept{text: text, p: p})
		return p
	}, function.Options{})
	for i := range 20 {
		call(t, first, fmt.Sprintf(`[{"a": [%d]}, ["%d", "b"]], {}`, i, i))
		call(t, second, fmt.Sprintf(`["%s%d", {"list": [%d]}], {}`, strings.Repeat("x", 100), i, i))
	}
	runtime.GC()
	for i := range 20 {
		a, b := all[2*i], all[2*i+1]
		if got, want := fmt.Sprint(a.m, a.list), fmt.Sprintf("map[a:[%d]] [%d b]", i, i); got != want {
			t.Errorf("kept %s, want %s", got, want)
		}
		if got, want := b.text[100:]+fmt.Sprint(*b.p), fmt.Sprintf("%d{[%d]}", i, i); got != want {
			t.Errorf("kept %s, want %s", got, want)
		}
	}
}
