package run

// blocks returns how many of the n bytes at p, a multiple of [Block], are in
// whole blocks before the first block that contains a byte that ends the run.
func blocks(p *byte, n int, k kind) int {
	if avx2 {
		return blocksAVX2(p, n, k.most)
	}
	return blocksSSE2(p, n, k)
}

//go:noescape
func blocksSSE2(p *byte, n int, k kind) int

//go:noescape
func blocksAVX2(p *byte, n int, most uint64) int

// ascii is blocks for runs of ASCII. It is limited by memory with SSE2 already.
//
//go:noescape
func ascii(p *byte, n int) int

// avx2 reports whether the processor and the system support AVX2.
var avx2 = hasAVX2()

func hasAVX2() bool
