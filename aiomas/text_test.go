package aiomas_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// Long texts are not copied out of the memory that they came in. They belong to
// who got them all the same: what a handler keeps of its arguments and a caller
// of its results never changes, while memory is used again for other messages.
func TestTextsStayAsTheyCame(t *testing.T) {
	const callers, calls = 4, 12
	apart := 150 << 10
	if raceDetector {
		apart /= 4 // the run without it has the larger ones
	}
	text := func(caller, call int) string {
		// Of all sizes around those from which on text is not copied.
		return strings.Repeat(fmt.Sprintf("%02d/%02d ", caller, call), (200<<10+call*apart)/6)
	}
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec} {
		t.Run(c.Name(), func(t *testing.T) {
			var mu sync.Mutex
			kept := map[[2]int]string{}
			service := aiomas.NewRouter()
			service.Expose("echo", func(caller, call int, s string) string {
				mu.Lock()
				defer mu.Unlock()
				kept[[2]int{caller, call}] = s
				return s
			})
			service.Expose("list", func(s string) []any { return []any{s, "short"} })
			_, addr := startServer(t, service, aiomas.WithCodec(c))
			client := dial(t, addr, aiomas.WithCodec(c))
			var got [callers][calls]string
			var lists [callers][calls]any
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					for n := range calls {
						var err error
						if got[i][n], err = aiomas.Call[string](t.Context(), client.Remote("echo"), i, n, text(i, n)); err != nil {
							t.Error(err)
							return
						}
						if lists[i][n], err = aiomas.Call[any](t.Context(), client.Remote("list"), text(i, n)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			for i := range callers {
				for n := range calls {
					want := text(i, n)
					if got[i][n] != want || kept[[2]int{i, n}] != want {
						t.Errorf("text %d of caller %d has changed", n, i)
					}
					if list, ok := lists[i][n].([]any); !ok || len(list) != 2 || list[0] != want || list[1] != "short" {
						t.Errorf("list %d of caller %d has changed", n, i)
					}
				}
			}
		})
	}
}
