package chunk

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/blosclz"
	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/shuffle"
)

// Compress appends a chunk that holds src, elements of typesize bytes, to dst.
// The only errors are for arguments out of range: more than [MaxSize] bytes, or
// a typesize that is not between 1 and [MaxTypesize].
func Compress(dst, src []byte, typesize int) ([]byte, error) {
	switch {
	case len(src) > MaxSize:
		return dst, fmt.Errorf("blosc: %d bytes of data, a chunk holds %d", len(src), MaxSize)
	case typesize < 1 || typesize > MaxTypesize:
		return dst, fmt.Errorf("blosc: elements of %d bytes", typesize)
	}
	h := plan(len(src), typesize)
	if !h.stored() {
		if out, ok := h.compress(dst, src); ok {
			binary.LittleEndian.PutUint32(out[len(dst)+12:], uint32(len(out)-len(dst)))
			return out, nil
		}
		h.flags |= flagStored
	}
	return appendStored(dst, h, src), nil
}

// Data below this size are stored uncompressed.
const minSize = 128

// The block sizes that c-blosc 1.21 chooses for BloscLZ at level 9.
const (
	plainBlock    = 256 << 10 // if the data are not split
	smallestSplit = 64 << 10
	largestSplit  = 1 << 20
)

// plan decides how n bytes are stored. The size of the chunk is not in the
// header yet.
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
	return append(appendHeader(dst, h), src...) // one Grow for both would clear the memory for src, too
}

// compress appends the chunk, except for its size, to dst. It returns false if
// the chunk would be longer than a stored one.
func (h header) compress(dst, src []byte) ([]byte, bool) {
	first := headerSize + h.blocks*offsetSize
	most := headerSize + len(src)
	s := newScratch()
	defer s.free()
	if h.hopeless(src, s) {
		return dst, false
	}
	if h.blocks == 1 {
		out := h.begin(dst, first)
		binary.LittleEndian.PutUint32(out[len(dst)+headerSize:], uint32(first))
		return h.compressBlock(out, src, h.splits(0), most-first, s)
	}
	a := newAhead()
	defer a.free()
	out, used := dst, first
	for i := 0; i < h.blocks; i += len(a.blocks) {
		ready := h.compressAhead(a, src, i)
		begin := used
		for k, b := range ready {
			// The block was compressed with unlimited room. With the room that is left,
			// the result would be the same, provided that any one stream would still fit
			// uncompressed.
			if n := h.block(i + k); used+len(b)+n/h.splits(i+k) > most {
				var ok bool
				if b, ok = h.compressBlock(b[:0], src[(i+k)*h.blockSize:][:n], h.splits(i+k), most-used, s); !ok {
					return dst, false
				}
				ready[k] = b
			}
			used += len(b)
		}
		if i == 0 {
			out = h.begin(dst, used)
		} else {
			out = slices.Grow(out, used-begin)
		}
		for k, b := range ready {
			binary.LittleEndian.PutUint32(out[len(dst)+headerSize+(i+k)*offsetSize:], uint32(len(out)-len(dst)))
			out = append(out, b...)
		}
	}
	return out, true
}

// hopeless reports whether no stream can be compressed, so that the chunk will
// be stored. It does so without shuffling all the data. Lists of numbers are
// such data, since the type of each number is written before it; with this
// check, making a chunk of them takes a third of the time.
func (h header) hopeless(src []byte, s *scratch) bool {
	const short = 16 << 10 // for shorter streams there is little to save
	if h.blockSize/h.splits(0) < short {
		return false
	}
	for i := range h.blocks {
		block, splits := src[i*h.blockSize:][:h.block(i)], h.splits(i)
		n := len(block) / splits
		from, to := blosclz.Sample(n)
		for j := range splits {
			sample := s.room(to - from)
			shuffle.Part(sample, block, h.typesize, j*n+from)
			if s.compressor().Pays(sample) {
				return false
			}
		}
	}
	return true
}

// begin appends the header and space for the block offsets to dst. It ensures
// that dst has capacity for at least n bytes of the chunk.
func (h header) begin(dst []byte, n int) []byte {
	out := appendHeader(slices.Grow(dst, n), h)
	return out[:len(out)+h.blocks*offsetSize]
}

// compressBlock appends the streams of one block to out, at most room bytes. It
// returns false if they do not fit.
func (h header) compressBlock(out, block []byte, splits, room int, s *scratch) ([]byte, bool) {
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
			if out, ok = h.compressStream(out, row, s, room); !ok {
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
	return h.compressStream(out, block, s, room)
}

// compressStream appends the size of a stream and the stream to out, at most
// room bytes. It returns false if they do not fit.
func (h header) compressStream(out, data []byte, s *scratch, room int) ([]byte, bool) {
	room -= offsetSize
	if room <= 0 {
		return nil, false
	}
	out = slices.Grow(out, offsetSize+len(data))
	at := len(out) + offsetSize
	out = out[:at+len(data)]
	n := s.compressor().Compress(out[at:at+min(len(data), room)], data, h.flags&flagNoSplit == 0)
	if n == 0 || n == len(data) {
		if n = len(data); n > room {
			return nil, false
		}
		copy(out[at:], data)
	}
	binary.LittleEndian.PutUint32(out[at-offsetSize:], uint32(n))
	return out[:at+n], true
}
