// Package chunk reads and writes the chunks of Blosc 1: bytes in, bytes out.
//
// It reads everything that c-blosc 1.x writes: all of its compressors, with and
// without split blocks, byte and bit shuffle, elements of any size, and
// uncompressed chunks. For the messages that Python sends, it writes exactly
// the bytes that Python's blosc.compress writes by default with one thread:
// BloscLZ at level 9 after a byte shuffle. (With more threads, Python writes
// the blocks of a large chunk in the order in which the threads finish them.)
//
// # Chunks
//
// All integers are little endian and have four bytes, unless stated otherwise.
//
//	byte 0   version of the format: 2
//	byte 1   version of the compressor's format: 1
//	byte 2   flags, see below
//	byte 3   bytes of one element, 1 to 255
//	byte 4   size of the data
//	byte 8   size of a block of the data; the last one may be shorter
//	byte 12  size of the chunk
//	byte 16  the offset of each block in the chunk
//	…        the blocks in any order: streams, each preceded by its size
//
// A block is one stream, or is split into as many streams of equal decompressed
// length as an element has bytes. A stream that is as long as its data is not
// compressed. In a stored chunk, which a flag marks, the uncompressed data
// follow the header.
//
// # Hostile chunks
//
// A chunk must be complete, without gaps or overlaps, and no stream may claim
// to decompress to more bytes than its format allows for its length. All this
// is checked before memory is allocated. Further memory is allocated in
// proportion to the data decompressed so far.
package chunk

import (
	"encoding/binary"
	"fmt"
	"math"
)

const (
	headerSize        = 16
	formatVersion     = 2
	compressorVersion = 1
	offsetSize        = 4 // of a block's offset, and of a stream's size

	// MaxSize is the maximum size of the data in a chunk.
	MaxSize = math.MaxInt32 - headerSize
	// MaxTypesize is the maximum size of an element.
	MaxTypesize = 255

	// A block is split only if its elements are small and its streams are long.
	maxSplits = 16
	minStream = 128
)

// The flags of a chunk. The upper three bits are the number of the format of
// the streams.
const (
	flagBytes   = 1 << iota // byte shuffle
	flagStored              // not compressed
	flagBits                // bit shuffle
	flagFuture              // never set
	flagNoSplit             // blocks are not split
	formatShift = 5
)

// Error describes what is wrong with a chunk.
type Error struct {
	Offset int // in the chunk
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("blosc: %s at byte %d", e.Reason, e.Offset)
}

func bad(offset int, format string, args ...any) *Error {
	return &Error{offset, fmt.Sprintf(format, args...)}
}

// header is the header of a chunk. It has been checked on its own.
type header struct {
	flags     byte
	typesize  int
	size      int // of the data
	blockSize int
	blocks    int
}

// parseHeader reads the header of the whole chunk b.
func parseHeader(b []byte) (header, error) {
	if len(b) < headerSize {
		return header{}, bad(0, "a Blosc chunk of %d bytes", len(b))
	}
	if b[0] != formatVersion {
		return header{}, bad(0, "version %d of a Blosc chunk, not %d", b[0], formatVersion)
	}
	size := binary.LittleEndian.Uint32(b[4:])
	blockSize := binary.LittleEndian.Uint32(b[8:])
	whole := binary.LittleEndian.Uint32(b[12:])
	h := header{flags: b[2], typesize: int(b[3])}
	stored := h.flags&flagStored != 0
	switch {
	case h.flags&flagFuture != 0:
		return header{}, bad(2, "unknown flags %#x of a Blosc chunk", h.flags)
	case uint64(whole) != uint64(len(b)):
		return header{}, bad(12, "a Blosc chunk of %d bytes that says it has %d", len(b), whole)
	case size > MaxSize:
		return header{}, bad(4, "a Blosc chunk of %d bytes of data", size)
	case stored && uint64(whole) != uint64(size)+headerSize:
		return header{}, bad(4, "a stored Blosc chunk of %d bytes for %d bytes of data", whole, size)
	case size == 0:
		if len(b) > headerSize {
			return header{}, bad(headerSize, "an empty Blosc chunk of %d bytes", whole)
		}
		return h, nil
	case h.typesize == 0:
		return header{}, bad(3, "a Blosc chunk of elements without size")
	case blockSize == 0 || blockSize > size:
		return header{}, bad(8, "Blosc blocks of %d bytes for %d bytes of data", blockSize, size)
	}
	h.size, h.blockSize = int(size), int(blockSize)
	h.blocks = (h.size-1)/h.blockSize + 1
	if stored {
		return h, nil
	}
	f := h.format()
	switch {
	case f == nil:
		return header{}, bad(2, "unknown compressor %d of a Blosc chunk", h.flags>>formatShift)
	case b[1] != compressorVersion:
		return header{}, bad(1, "version %d of the format %s in a Blosc chunk", b[1], f.name)
	case h.blocks > (len(b)-headerSize)/offsetSize:
		return header{}, bad(4, "%d Blosc blocks in a chunk of %d bytes", h.blocks, whole)
	case uint64(size) > f.most(len(b)):
		return header{}, bad(4, "%d bytes of data in a Blosc chunk of %d bytes: more than %s can express", size, whole, f.name)
	case h.splits(0) > 1 && h.blockSize%h.typesize != 0:
		return header{}, bad(8, "Blosc blocks of %d bytes, split by elements of %d bytes", blockSize, h.typesize)
	}
	return h, nil
}

func (h header) stored() bool { return h.flags&flagStored != 0 }

func (h header) format() *format { return formats[h.flags>>formatShift] }

// block returns the size of the data of block i.
func (h header) block(i int) int {
	return min(h.blockSize, h.size-i*h.blockSize)
}

// splits returns the number of streams of block i. Old chunks never have
// flagNoSplit, so the other conditions must be checked as well.
func (h header) splits(i int) int {
	if h.flags&flagNoSplit == 0 && splittable(h.typesize, h.blockSize) && h.block(i) == h.blockSize {
		return h.typesize
	}
	return 1
}

func splittable(typesize, blockSize int) bool {
	return typesize <= maxSplits && blockSize/typesize >= minStream
}

// DecompressedSize returns the size of the data that the chunk claims to hold.
// It looks at the header alone. The error is an [*Error].
func DecompressedSize(chunk []byte) (int, error) {
	h, err := parseHeader(chunk)
	return h.size, err
}
