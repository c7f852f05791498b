package aiomas_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

type room struct{ Seats int }

// Python functions return a dict, or None if there is none. What has a nil in Go
// is nil then, whatever it was before; the rest says that None does not fit.
func TestNoneAsResultAndArgument(t *testing.T) {
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		service := aiomas.NewRouter()
		service.Expose("none", func() any { return nil })
		service.Expose("isnil", func(m map[string]int, s []int, p *room, d codec.Dict, v any) []bool {
			return []bool{m == nil, s == nil, p == nil, d == nil, v == nil}
		})
		service.Expose("number", func(n int) int { return n })
		_, addr := startServer(t, service, aiomas.WithCodec(c))
		client := dial(t, addr, aiomas.WithCodec(c))
		proxy := client.Remote("none")
		for _, target := range []any{
			&map[string]int{"old": 1}, &map[any]any{1: 1}, &[]int{1}, &[]room{{1}}, ptr(&room{1}), ptr(&map[string]int{"old": 1}),
			ptr(any(1)), &codec.Dict{{Key: "a", Value: 1}}, &codec.Tuple{ptr(1)}, ptr(ptr(1)), &[]byte{1}, ptr(client.Remote()),
		} {
			if err := proxy.Call(t.Context(), target); err != nil {
				t.Errorf("%s: None into %T: %v", c.Name(), target, err)
			}
			if got := reflect.ValueOf(target).Elem(); !got.IsNil() {
				t.Errorf("%s: None into %T is %v", c.Name(), target, got)
			}
		}
		for _, target := range []any{new(int), new(string), new(bool), new(float64), new(room), new([2]int)} {
			var dec *aiomas.DecodeError
			if err := proxy.Call(t.Context(), target); !errors.As(err, &dec) {
				t.Errorf("%s: None into %T: %v", c.Name(), target, err)
			}
		}
		isNil, err := aiomas.Call[[]bool](t.Context(), client.Remote("isnil"), nil, nil, nil, nil, nil)
		if err != nil || !reflect.DeepEqual(isNil, []bool{true, true, true, true, true}) {
			t.Errorf("%s: arguments that are None: nil %v, %v", c.Name(), isNil, err)
		}
		isNil, err = aiomas.Call[[]bool](t.Context(), client.Remote("isnil"), map[string]int{}, []int{}, room{}, codec.Dict{}, 0)
		if err != nil || !reflect.DeepEqual(isNil, []bool{false, false, false, false, false}) {
			t.Errorf("%s: arguments that are empty: nil %v, %v", c.Name(), isNil, err)
		}
		if err := client.Remote("number").Call(t.Context(), nil, nil); !errors.Is(err, aiomas.TypeError) {
			t.Errorf("%s: None for an int: %v", c.Name(), err)
		}
	}
}

func ptr[T any](v T) *T { return &v }
