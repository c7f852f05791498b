package function_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/function"
)

type (
	number float64
	record struct{ list []int }
	texts  []string
)

func (r *record) String() string { return fmt.Sprint(r.list) }

// sample is a value of a parameter or result of type t.
type sample struct {
	t reflect.Type
	v reflect.Value
}

func of[T any](v T) sample { return sample{reflect.TypeFor[T](), reflect.ValueOf(&v).Elem()} }

// samples are arguments for the classes of parameters.
var samples = map[byte][]sample{
	'1': {of(math.MinInt), of(&record{[]int{1}}), of(map[string]float64{"a": 1}), of(uint(math.MaxUint)), of(map[int]string{2: "b"}), of[*int](nil)},
	'2': {of(strings.Repeat("text", 9)), of[any](3), of[fmt.Stringer](&record{[]int{2}}), of(""), of[any](nil)},
	'3': {of([]float64{1, 2}), of(texts{"a"}), of([]byte("bytes")), of[[]*record](nil)},
	'F': {of(math.Pi), of(number(-1)), of(math.Inf(1))},
	'B': {of(true), of(false)},
}

// returned are results of all classes.
var returned = [][]sample{
	{}, {of(math.MinInt)}, {of(uint(1))}, {of(-0.5)}, {of("result")}, {of(true)}, {of(&record{[]int{7}})}, {of(map[string]int{"x": 1})},
	{of([]byte("result"))}, {of([]record{{}})}, {of[any](2.5)}, {of[any](nil)}, {of[fmt.Stringer](&record{})},
}

// made is a func of a type of the table, made by reflection, which follows the calling
// convention of the type. It moves its stack and collects garbage before its arguments are
// read.
type made struct {
	before  []sample // a receiver, a context
	in, out []sample
	got     []any
}

func (m *made) function(in ...sample) reflect.Value {
	var params, results []reflect.Type
	for _, s := range in {
		params = append(params, s.t)
	}
	for _, s := range m.out {
		results = append(results, s.t)
	}
	return reflect.MakeFunc(reflect.FuncOf(params, results, false), func(args []reflect.Value) (results []reflect.Value) {
		deep(6)
		m.got = values(args)
		for _, s := range m.out {
			results = append(results, s.v)
		}
		return results
	})
}

func deep(n int) (sum int) {
	var large [512]int
	for i := range large {
		large[i] = n
	}
	if n > 0 {
		sum = deep(n - 1)
	}
	return sum + large[n]
}

func values(list []reflect.Value) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = v.Interface()
	}
	return all
}

// Every function of the table passes arguments and results as a func of the type has them.
func TestDirectCallsFollowTheTypes(t *testing.T) {
	failures := [][]sample{nil, {of[error](nil)}, {of(errors.New("failure"))}}
	receiver, n := of(&record{[]int{9}}), 0
	for _, list := range function.Lists() {
		for _, result := range returned {
			for _, failure := range failures {
				var in []sample
				for i := range list {
					class := samples[list[i]]
					in = append(in, class[(n+i)%len(class)])
				}
				n++
				out := slices.Concat(result, failure)
				ctx := of(context.WithValue(t.Context(), key{}, n))
				checkCall(t, &made{in: in, out: out})
				if strings.HasPrefix(list, "2") {
					checkCall(t, &made{before: []sample{ctx}, in: in[1:], out: out})
				}
				if strings.HasPrefix(list, "1") {
					checkCall(t, &made{before: []sample{receiver}, in: in[1:], out: out})
				}
				if strings.HasPrefix(list, "12") {
					checkCall(t, &made{before: []sample{receiver, ctx}, in: in[2:], out: out})
				}
			}
		}
	}
}

type key struct{}

// checkCall calls m, as a method if it has a receiver.
func checkCall(t *testing.T, m *made) {
	t.Helper()
	all := slices.Concat(m.before, m.in)
	code, ctx := m.function(all...), t.Context()
	fn := code.Interface()
	if len(m.before) > 0 && m.before[0].t != reflect.TypeFor[context.Context]() {
		fn = function.MethodMade(m.before[0].v, m.function(all[1:]...), code)
	}
	if n := len(m.before); n > 0 {
		ctx, _ = reflect.TypeAssert[context.Context](m.before[n-1].v)
	}
	f := plan(t, "f", fn, function.Options{})
	if !function.Direct(f) {
		t.Fatalf("%v is called by reflection", code.Type())
	}
	a, err := f.BindGo(passed(m.in), nil)
	if err != nil {
		t.Fatalf("%v: %v", code.Type(), err)
	}
	got, err := f.Invoke(ctx, a)
	if want := passed(all); !reflect.DeepEqual(m.got, want) {
		t.Errorf("%v is called with %v, want %v", code.Type(), m.got, want)
	}
	want := passed(m.out)
	if n := len(want) - 1; n >= 0 && m.out[n].t == reflect.TypeFor[error]() {
		if err != want[n] { //nolint:errorlint // the same error
			t.Errorf("%v returns the error %v, want %v", code.Type(), err, want[n])
		}
		want = want[:n]
	}
	if err != nil || len(want) == 0 {
		want = []any{nil}
	}
	if !reflect.DeepEqual(got, want[0]) {
		t.Errorf("%v returns %v, want %v", code.Type(), got, want[0])
	}
}

func passed(list []sample) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s.v.Interface()
	}
	return all
}
