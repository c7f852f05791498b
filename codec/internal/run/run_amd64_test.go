package run

import (
	"fmt"
	"testing"
)

// withoutAVX2 makes the code for processors without AVX2 be used until the end of the test.
func withoutAVX2(tb testing.TB) {
	if !avx2 {
		tb.Skip("this processor has no AVX2")
	}
	avx2 = false
	tb.Cleanup(func() { avx2 = true })
}

func TestRunsWithoutAVX2(t *testing.T) {
	withoutAVX2(t)
	TestRuns(t)
	TestRunsStayInside(t)
}

func BenchmarkRunsWithoutAVX2(b *testing.B) {
	withoutAVX2(b)
	for _, n := range []int{64, 64 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmark(b, n, Text) })
	}
}
