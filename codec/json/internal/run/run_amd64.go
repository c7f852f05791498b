package run

// blocks returns how many of the n bytes at p, a multiple of [Block], are in
// whole blocks before the first block that contains a byte that ends the run.
//
//go:noescape
func blocks(p *byte, n int, k kind) int
