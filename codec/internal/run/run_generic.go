//go:build !amd64

package run

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// blocks returns how many of the n bytes at p, a multiple of [Block], are in
// whole blocks before the first block that contains a byte that ends the run.
//
// It searches for the quote and the backslash with the standard library's
// vector code, in parts that stay in the cache between the passes. The size of
// the parts grows, so that the cost of searching the last part, part of which
// is not in the run, is at most what the earlier parts have saved.
func blocks(p *byte, n int, k kind) (i int) {
	b := unsafe.Slice(p, n)
	for size := 4 * Block; len(b)-i >= size; size = min(2*size, 64*Block) {
		part := b[i : i+size]
		if bytes.IndexByte(part, '"') >= 0 || bytes.IndexByte(part, '\\') >= 0 || !all(part, k) {
			break
		}
		i += size
	}
	return i
}

// all reports whether b, whose length is divisible by 32, has only bytes of k.
func all(b []byte, k kind) bool {
	if k == plain && bytes.IndexByte(b, 0x7f) >= 0 {
		return false
	}
	const highs = 0x80 * ones
	for ; len(b) >= 32; b = b[32:] {
		w, x := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		y, z := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		m := w | x | y | z
		m |= (w - 0x20*ones) | (x - 0x20*ones) | (y - 0x20*ones) | (z - 0x20*ones)
		if m&highs != 0 {
			return false
		}
	}
	return true
}

// ascii is blocks for runs of ASCII.
func ascii(p *byte, n int) (i int) {
	const highs = 0x80 * ones
	b := unsafe.Slice(p, n)
	for ; len(b)-i >= Block; i += Block {
		seen := uint64(0)
		for j := 0; j < Block; j += 8 {
			seen |= binary.LittleEndian.Uint64(b[i+j:])
		}
		if seen&highs != 0 {
			break
		}
	}
	return i
}
