package gap_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

func TestUncleared(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 1000, 72 << 10, 1<<20 + 1} {
		first, second := gap.Uncleared(n), gap.Uncleared(n)
		if len(first) != n || cap(first) != n {
			t.Fatalf("%d bytes with room for %d, want %d", len(first), cap(first), n)
		}
		for i := range first {
			first[i] = 1
		}
		for i := range second {
			second[i] = 2
		}
		for i := range first {
			if first[i] != 1 {
				t.Fatalf("of %d bytes, byte %d is shared", n, i)
			}
		}
	}
}

// benchmarkMemory takes memory that is kept until the next, as texts are.
func benchmarkMemory(b *testing.B, make func(n int) []byte) {
	const n = 1 << 20
	var kept []byte
	b.SetBytes(n)
	for b.Loop() {
		kept = make(n)
		copy(kept[n-10:], "touched")
	}
	_ = kept
}

func BenchmarkUncleared(b *testing.B) { benchmarkMemory(b, gap.Uncleared) }

func BenchmarkCleared(b *testing.B) {
	benchmarkMemory(b, func(n int) []byte { return make([]byte, n) })
}
