package json_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Lists of any length are decoded, also if the size of their elements varies,
// and keep little unused memory.
func TestLongLists(t *testing.T) {
	short, long := 1.5, -1.2345678901234567e-100
	for _, n := range []int{0, 1, 63, 64, 65, 127, 128, 1023, 1024, 1025, 2048, 2049, 20_000} {
		for name, at := range map[string]func(i int) float64{
			"alike":       func(int) float64 { return long },
			"short first": func(i int) float64 { return []float64{short, long}[min(2*i/max(n, 1), 1)] },
			"long first":  func(i int) float64 { return []float64{long, short}[min(2*i/max(n, 1), 1)] },
		} {
			t.Run(fmt.Sprint(n, name), func(t *testing.T) {
				floats, anys := make([]float64, n), make([]any, n)
				for i := range n {
					floats[i], anys[i] = at(i), at(i)
				}
				// The data after a list makes extend expect too many elements.
				data, err := codec.Marshal(json.Codec, []any{floats, floats, anys}, nil)
				if err != nil {
					t.Fatal(err)
				}
				var got any
				if err := codec.Unmarshal(json.Codec, data, &got, nil); err != nil {
					t.Fatal(err)
				}
				if want := any([]any{anys, anys, anys}); !reflect.DeepEqual(want, got) { // quicker than Diff
					t.Fatal(cmp.Diff(want, got))
				}
				var typed [][]float64
				if err := codec.Unmarshal(json.Codec, data, &typed, nil); err != nil {
					t.Fatal(err)
				}
				for _, list := range typed {
					if !slices.Equal(list, floats) || cap(list) > n+n/4+64 {
						t.Errorf("%d floats, of which some differ, in the memory of %d", len(list), cap(list))
					}
				}
				for _, list := range got.([]any) {
					if c := cap(list.([]any)); c > n+n/4+64 {
						t.Errorf("%d values in the memory of %d", n, c)
					}
				}
			})
		}
	}
}
