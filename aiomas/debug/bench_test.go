package debug_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/debug"
)

// BenchmarkCall is a call that nothing watches, and one that a monitor watches at both
// ends.
func BenchmarkCall(b *testing.B) {
	for name, opt := range map[string]aiomas.Option{"plain": aiomas.WithOptions(), "watched": debug.New().Option()} {
		b.Run(name, func(b *testing.B) {
			r := aiomas.NewRouter()
			r.Expose("add", func(a, b int) int { return a + b })
			c := dial(b, serve(b, r, opt), opt)
			add := c.Remote("add")
			for b.Loop() {
				if _, err := aiomas.Call[int](b.Context(), add, 1, 2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
