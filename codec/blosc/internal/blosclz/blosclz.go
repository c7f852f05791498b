// Package blosclz implements BloscLZ, the default compressor of Blosc 1 in Python. It handles
// streams only, not chunks.
//
// # Streams
//
// A stream is a sequence of literal runs and matches, each beginning with a control byte. The first
// is always a run, and the upper bits of its control byte are ignored.
//
//	000lllll            run of l+1 literals, which follow
//	LLLddddd … D        match of L+2 bytes at the distance d·256 + D + 1
//
// If L is 7, the bytes that follow, before D, are added to it, up to and including the first one
// that is not 255. If all bits of the distance are ones (d = 31 and D = 255), two more bytes
// follow: the distance less 8192 in big-endian order. A match may overlap the bytes that it
// produces.
package blosclz

const (
	maxRun      = 32   // literals after one control byte
	longLength  = 7    // in the length field: more bytes of it follow
	nearest     = 1    // the distance encoded by zeros
	maxNear     = 8191 // bound of distances less nearest without extra bytes
	maxFar      = 65535 + maxNear - 1
	farHigh     = 31         // the distance field of a far match
	firstRunTag = 1 << 5     // the upper bits of the first control byte
	multiplier  = 2654435761 // Knuth's multiplicative hash
)

// MaxRatio is the maximum number of bytes that one byte of a stream can decompress to.
const MaxRatio = 255
