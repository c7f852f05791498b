//go:build !race

package aiomas_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// TestAllocations guards what a whole add costs the garbage collector, both ends
// together. The race detector makes pools forget, so it is not there with it.
func TestAllocations(t *testing.T) {
	const most = 3
	for _, c := range benchmarkCodecs {
		t.Run(c.Name(), func(t *testing.T) {
			_, addr := startServer(t, benchmarkService(), aiomas.WithCodec(c))
			add := dial(t, addr, aiomas.WithCodec(c)).Remote("add")
			ctx := t.Context()
			i := 1000 // past the numbers that Go boxes for nothing
			got := testing.AllocsPerRun(1000, func() {
				i++
				if sum, err := aiomas.Call[int](ctx, add, i, 2); err != nil || sum != i+2 {
					t.Errorf("add(%d, 2) = %d, %v", i, sum, err)
				}
			})
			if got > most {
				t.Errorf("a whole add has %v allocations, more than %d", got, most)
			}
		})
	}
}
