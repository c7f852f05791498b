package chunk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/blosclz"
	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/shuffle"
)

// Compress appends a chunk that holds src, elements of typesize bytes, to dst.
// The error is only about arguments out of range: more than [MaxSize] bytes, or
// a typesize that is not between 1 and [MaxTypesize].
func Compress(dst, src []byte, typesize int) ([]byte, error) {
	switch {
	case len(src) > MaxSize:
		return dst, fmt.Errorf("blosc: %d bytes of data, a chunk holds %d", len(src), MaxSize)
	case typesize < 1 || typesize > MaxTypesize:
		return dst, fmt.Errorf("blosc: elements of %d bytes", typesize)
	}
	h := plan(len(src), typesize)
	if h.stored() {
		return appendStored(dst, h, src), nil
	}
	start := len(dst)
	out := appendHeader(slices.Grow(dst, headerSize+h.blocks*offsetSize), h)
	out = append(out, make([]byte, h.blocks*offsetSize)...)
	var ready [][]byte
	if h.blocks > 1 && len(src) >= minParallel && runtime.GOMAXPROCS(0) > 1 {
		ready = h.compressAhead(src)
	}
	out, ok := h.compress(out, src, start, ready)
	if !ok {
		h.flags |= flagStored
		return appendStored(dst, h, src), nil
	}
	binary.LittleEndian.PutUint32(out[start+12:], uint32(len(out)-start))
	return out, nil
}

// Below this size data is stored as it is.
const minSize = 128

// The sizes of blocks that c-blosc 1.21 chooses for BloscLZ at level 9.
const (
	plainBlock    = 256 << 10 // of data that is not split
	smallestSplit = 64 << 10
	largestSplit  = 1 << 20
)

// plan decides how n bytes are stored. The header lacks the size of the chunk.
func plan(n, typesize int) header {
	h := header{flags: flagBytes, typesize: typesize, size: n, blockSize: 1}
	if n >= typesize {
		b := min(n, plainBlock)
		if splittable(typesize, b) {
			b = min(max(b*typesize, smallestSplit), largestSplit, n)
		}
		if b > typesize {
			b -= b % typesize
		}
		h.blockSize = b
	}
	h.blocks = n / h.blockSize
	if n%h.blockSize > 0 {
		h.blocks++
	}
	if !splittable(typesize, h.blockSize) {
		h.flags |= flagNoSplit
	}
	if n < minSize {
		h.flags |= flagStored
	}
	return h
}

func appendHeader(b []byte, h header) []byte {
	b = append(b, formatVersion, compressorVersion, h.flags, byte(h.typesize))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.size))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.blockSize))
	return binary.LittleEndian.AppendUint32(b, uint32(headerSize+h.size))
}

func appendStored(dst []byte, h header, src []byte) []byte {
	return append(appendHeader(slices.Grow(dst, headerSize+len(src)), h), src...)
}

// compress appends the blocks of src to the chunk that begins at out[start:],
// and fills in their offsets. It reports false when the chunk would become
// longer than a stored one. ready, unless nil, has the blocks compressed ahead.
func (h header) compress(out, src []byte, start int, ready [][]byte) ([]byte, bool) {
	s := newScratch()
	defer s.free()
	most := headerSize + len(src) // of the chunk
	for i := range h.blocks {
		used := len(out) - start
		binary.LittleEndian.PutUint32(out[start+headerSize+i*offsetSize:], uint32(used))
		// What was compressed without regard to the room left is the same as
		// with it, as long as any stream would still fit as it is.
		if ready != nil && used+len(ready[i])+h.block(i)/h.splits(i) <= most {
			out = append(out, ready[i]...)
			continue
		}
		var ok bool
		if out, ok = h.compressBlock(out, src[i*h.blockSize:][:h.block(i)], h.splits(i), most-used, s); !ok {
			return nil, false
		}
	}
	return out, true
}

// compressAhead compresses all blocks in parallel.
func (h header) compressAhead(src []byte) [][]byte {
	ready := make([][]byte, h.blocks)
	_ = inParallel(h.blocks, len(src), func(i int) error {
		s := newScratch()
		defer s.free()
		b, splits := src[i*h.blockSize:][:h.block(i)], h.splits(i)
		room := len(b) + splits*offsetSize // with this it cannot fail
		s.out, _ = h.compressBlock(s.out[:0], b, splits, room, s)
		ready[i] = bytes.Clone(s.out)
		return nil
	})
	return ready
}

// compressBlock appends the streams of one block to out, at most room bytes.
// It reports false when they do not fit.
func (h header) compressBlock(out, block []byte, splits, room int, s *scratch) ([]byte, bool) {
	if s.table == nil {
		s.table = new(blosclz.Table)
	}
	n := len(block) / splits
	if splits > 1 {
		buf, rows := s.room(splits*(n+rowGap)), s.rows[:splits]
		for j := range rows {
			rows[j] = buf[j*(n+rowGap):][:n]
		}
		shuffle.Bytes(rows, block)
		for _, row := range rows {
			before := len(out)
			var ok bool
			if out, ok = h.compressStream(out, row, s.table, room); !ok {
				return nil, false
			}
			room -= len(out) - before
		}
		return out, true
	}
	if h.typesize > 1 {
		buf, rows := s.room(n), s.rows[:h.typesize]
		tail := cut(rows, buf)
		shuffle.Bytes(rows, block)
		copy(tail, block[n-len(tail):])
		block = buf
	}
	return h.compressStream(out, block, s.table, room)
}

// compressStream appends the size of a stream and the stream to out, at most
// room bytes. It reports false when they do not fit.
func (h header) compressStream(out, data []byte, t *blosclz.Table, room int) ([]byte, bool) {
	room -= offsetSize
	if room <= 0 {
		return nil, false
	}
	out = slices.Grow(out, offsetSize+len(data))
	at := len(out) + offsetSize
	out = out[:at+len(data)]
	n := t.Compress(out[at:at+min(len(data), room)], data, h.flags&flagNoSplit == 0)
	if n == 0 || n == len(data) {
		if n = len(data); n > room {
			return nil, false
		}
		copy(out[at:], data)
	}
	binary.LittleEndian.PutUint32(out[at-offsetSize:], uint32(n))
	return out[:at+n], true
}
