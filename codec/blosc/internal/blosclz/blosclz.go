// Package blosclz is the compressor BloscLZ of Blosc 1, the one that Python's
// blosc uses unless told otherwise. It knows streams only, no chunks.
//
// # Streams
//
// A stream is a sequence of literal runs and matches, each begun by a control
// byte; the first is always a run, and its control byte carries a mark in the
// upper bits that says nothing.
//
//	000lllll            run of l+1 literals, which follow
//	LLLddddd … D        match of L+2 bytes at the distance d·256 + D + 1
//
// With L = 7 the length goes on in the following bytes, before D, up to and
// including the first that is not 255. A distance field of all ones, d = 31
// and D = 255, means that two more bytes follow, the distance less 8192 in big
// endian. A match may overlap what it writes.
package blosclz

const (
	maxRun      = 32   // literals behind one control byte
	longLength  = 7    // in the length field: more bytes of it follow
	nearest     = 1    // the distance that all zeros stand for
	maxNear     = 8191 // distances less nearest that need no extra bytes are below this
	maxFar      = 65535 + maxNear - 1
	farHigh     = 31         // the distance field of a far match
	firstRunTag = 1 << 5     // what the first control byte is marked with
	multiplier  = 2654435761 // Knuth's multiplicative hash
)

// MaxRatio is the most bytes that one byte of a stream can stand for.
const MaxRatio = 255
