package chunk

import (
	"encoding/binary"
	"slices"
)

// layout is a chunk whose structure has been checked: every stream is at a
// valid place and can have the right decompressed length.
type layout struct {
	header
	b []byte
}

// span is the range of a chunk that a block occupies.
type span struct{ start, end int }

// parseLayout checks the structure of the whole chunk b, which has the header h
// and is not stored. The memory that it allocates is proportional to the length
// of b.
func parseLayout(h header, b []byte) (layout, error) {
	l := layout{h, b}
	first := headerSize + h.blocks*offsetSize
	end := first
	for i := range h.blocks {
		s, err := l.span(i)
		if err != nil {
			return layout{}, err
		}
		if s.start != end {
			return l, l.checkUnordered(first)
		}
		end = s.end
	}
	if end != len(b) {
		return layout{}, bad(end, "the Blosc blocks leave %d bytes of the chunk", len(b)-end)
	}
	return l, nil
}

// checkUnordered checks a chunk written by several threads: its blocks are in
// any order, but without gaps like those of other chunks.
func (l layout) checkUnordered(first int) error {
	spans := make([]span, l.blocks)
	for i := range spans {
		var err error
		if spans[i], err = l.span(i); err != nil {
			return err
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	end := first
	for _, s := range spans {
		if s.start != end {
			return bad(s.start, "a Blosc block begins where none ends")
		}
		end = s.end
	}
	if end != len(l.b) {
		return bad(end, "the Blosc blocks leave %d bytes of the chunk", len(l.b)-end)
	}
	return nil
}

// span checks each stream of block i and returns the block's range.
func (l layout) span(i int) (span, error) {
	start := l.start(i)
	if start > len(l.b) {
		return span{}, bad(headerSize+i*offsetSize, "a Blosc block begins at %d in a chunk of %d bytes", start, len(l.b))
	}
	f, splits := l.format(), l.splits(i)
	n := l.block(i) / splits
	at := start
	for range splits {
		size, ok := l.streamSize(at)
		if !ok {
			return span{}, bad(at, "a Blosc stream reaches past the chunk")
		}
		stream := l.b[at+offsetSize:][:size]
		if size != n && !f.mayBe(stream, n) {
			return span{}, bad(at, "a %s stream of %d bytes cannot stand for %d", f.name, size, n)
		}
		at += offsetSize + size
	}
	return span{start, at}, nil
}

// start returns the offset of block i; an invalid offset is past the end of the
// chunk.
func (l layout) start(i int) int {
	return atMost(binary.LittleEndian.Uint32(l.b[headerSize+i*offsetSize:]), len(l.b)+1)
}

// streamSize reads the size before a stream. It returns false if the stream
// does not fit the chunk.
func (l layout) streamSize(at int) (int, bool) {
	room := len(l.b) - at - offsetSize
	if room < 0 {
		return 0, false
	}
	size := atMost(binary.LittleEndian.Uint32(l.b[at:]), room+1)
	return size, size <= room
}

// stream returns the stream at the given offset, and the offset after it.
func (l layout) stream(at int) (stream []byte, end int) {
	size, _ := l.streamSize(at)
	at += offsetSize
	return l.b[at : at+size], at + size
}

// atMost returns v as an int, or limit if v is greater.
func atMost(v uint32, limit int) int {
	if uint64(v) > uint64(limit) {
		return limit
	}
	return int(v)
}
