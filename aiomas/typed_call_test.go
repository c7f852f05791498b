package aiomas_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

type celsius float64

// Results of Call are those of their calls, whatever calls were made before with the same
// memory, and among many calls at a time.
func TestCallResultsAreTheirCallsOwn(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("give", func(v any) any { return v })
	for _, c := range benchmarkCodecs {
		t.Run(c.Name(), func(t *testing.T) {
			_, addr := startServer(t, r, aiomas.WithCodec(c))
			give := dial(t, addr, aiomas.WithCodec(c)).Remote("give")
			var wg sync.WaitGroup
			for n := range 4 {
				wg.Go(func() {
					for i := range 25 {
						k := 1000*n + i
						checkResult(t, give, k, k)
						checkResult(t, give, k, int64(k))
						checkResult(t, give, k, uint16(k))
						checkResult(t, give, float64(k)/2, float64(k)/2)
						checkResult(t, give, float64(k)/2, celsius(float64(k)/2))
						checkResult(t, give, k%2 == 0, k%2 == 0)
						checkResult(t, give, fmt.Sprint(k), fmt.Sprint(k))
						checkResult[any](t, give, []any{k}, []any{int64(k)})
						checkResult[any](t, give, nil, nil)
						checkResult(t, give, []int{k}, []int{k})
						checkResult(t, give, map[string]any{"a": "b"}, map[string]any{"a": "b"})
						refused[int](t, give, "text")
						refused[string](t, give, 1)
						refused[bool](t, give, 1.5)
					}
				})
			}
			wg.Wait()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if v, err := aiomas.Call[int](ctx, give, 1); v != 0 || !errors.Is(err, context.Canceled) {
				t.Errorf("a canceled call returned %v, %v", v, err)
			}
		})
	}
}

func checkResult[T any](t *testing.T, give *aiomas.Proxy, arg any, want T) {
	t.Helper()
	got, err := aiomas.Call[T](t.Context(), give, arg)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Call[%T](%v) = %v, %v, want %v", want, arg, got, err, want)
	}
}

func refused[T comparable](t *testing.T, give *aiomas.Proxy, arg any) {
	t.Helper()
	var zero T
	got, err := aiomas.Call[T](t.Context(), give, arg)
	if de := (*aiomas.DecodeError)(nil); !errors.As(err, &de) || got != zero {
		t.Errorf("Call[%T](%v) = %v, %v, want a DecodeError", zero, arg, got, err)
	}
}
