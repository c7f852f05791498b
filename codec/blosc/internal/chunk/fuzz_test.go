package chunk

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math"
	"slices"
	"testing"
)

// FuzzDecompress: nothing that arrives does harm, and what is accepted is what
// was announced.
func FuzzDecompress(f *testing.F) {
	for i, g := range goldens(f, "chunks.jsonl") {
		if len(g.Chunk) < 1000 && i%7 == 0 {
			f.Add(g.Chunk)
		}
	}
	f.Add(bomb(1 << 17))
	const limit = 1 << 17
	f.Fuzz(func(t *testing.T, b []byte) {
		n, sizeErr := DecompressedSize(b)
		data, err := Decompress(nil, b, limit)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || data != nil || e.Offset < 0 || e.Offset > max(len(b), headerSize) {
				t.Fatalf("%d bytes, %#v", len(data), err)
			}
			return
		}
		if sizeErr != nil || n != len(data) || n > limit {
			t.Fatalf("%d bytes, announced %d, %v", len(data), n, sizeErr)
		}
		opened, err := Open(b, limit)
		if err != nil || !bytes.Equal(opened, data) {
			t.Fatalf("Open: %d bytes, %v", len(opened), err)
		}
	})
}

// FuzzBuilt: the same for chunks whose structure is right, so that more of them
// come to their streams.
func FuzzBuilt(f *testing.F) {
	for _, g := range goldens(f, "chunks.jsonl") {
		h, err := parseHeader(g.Chunk)
		if err != nil || h.stored() || h.size == 0 || len(g.Chunk) > 1000 {
			continue
		}
		l, err := parseLayout(h, g.Chunk)
		if err != nil {
			f.Fatal(err)
		}
		stream, end := l.stream(l.start(0))
		f.Add(h.flags, byte(h.typesize), uint32(h.size), uint32(h.blockSize), uint16(len(stream)), slices.Concat(stream, g.Chunk[end:]))
	}
	const limit = 1 << 17
	f.Fuzz(func(t *testing.T, flags, typesize byte, size, blockSize uint32, first uint16, streams []byte) {
		size, blockSize = size%limit, blockSize%limit
		if blockSize == 0 {
			blockSize = max(1, size)
		}
		// Each block has the streams that it should have, all of one length.
		h := header{flags: flags, typesize: int(typesize), size: int(size), blockSize: int(blockSize)}
		blocks := make([][][]byte, min(40, (h.size+h.blockSize-1)/h.blockSize))
		for i := range blocks {
			n := 1
			if typesize > 0 {
				n = h.splits(i)
			}
			for range n {
				n := min(int(first), len(streams))
				blocks[i] = append(blocks[i], streams[:n])
				if streams = streams[n:]; len(streams) == 0 {
					streams = blocks[i][0]
				}
			}
		}
		b := build(flags, typesize, h.size, h.blockSize, blocks...)
		before := []byte("before")
		data, err := Decompress(before, b, limit)
		var e *Error
		if err != nil && (!errors.As(err, &e) || len(data) != len(before)) || err == nil && len(data) != len(before)+h.size {
			t.Fatalf("%d bytes of %d, %v", len(data), h.size, err)
		}
		if opened, err2 := Open(b, limit); (err2 == nil) != (err == nil) || err == nil && !bytes.Equal(opened, data[len(before):]) {
			t.Fatalf("Open: %d bytes, %v, not %d, %v", len(opened), err2, len(data), err)
		}
	})
}

// FuzzStreams: no stream makes its decompressor panic or write past the end,
// and what zlib makes of one is what the standard library makes of it.
func FuzzStreams(f *testing.F) {
	for _, g := range goldens(f, "chunks.jsonl") {
		h, err := parseHeader(g.Chunk)
		if err != nil || h.stored() || h.size == 0 || len(g.Chunk) > 1000 {
			continue
		}
		if l, err := parseLayout(h, g.Chunk); err == nil {
			stream, _ := l.stream(l.start(0))
			f.Add(h.flags>>formatShift, uint16(h.block(0)/h.splits(0)), stream)
		}
	}
	const margin = "don't touch"
	var room [1<<16 + len(margin)]byte
	f.Fuzz(func(t *testing.T, number byte, n uint16, stream []byte) {
		format := formats[number%asEnd]
		if !format.mayBe(stream, int(n)) {
			return
		}
		copy(room[n:], margin)
		ok := format.decompress(room[:n:n], stream)
		if string(room[n:][:len(margin)]) != margin {
			t.Fatalf("%s: written past the end", format.name)
		}
		if number%asEnd != asZlib {
			return
		}
		want, err := unStandardZlib(stream, int(n))
		if ok != (err == nil && len(want) == int(n)) || ok && !bytes.Equal(room[:n], want) {
			t.Fatalf("%v, but the standard library has %d of %d bytes, %v", ok, len(want), n, err)
		}
	})
}

// unStandardZlib reads up to one byte more than n.
func unStandardZlib(stream []byte, n int) ([]byte, error) {
	src := bytes.NewReader(stream)
	r, err := zlib.NewReader(src)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(n)+1))
	if err == nil && src.Len() > 0 {
		err = errors.New("bytes behind the end")
	}
	return data, err
}

// FuzzRoundTrip: what was compressed comes back, and is not much longer.
func FuzzRoundTrip(f *testing.F) {
	for _, r := range []recipe{{"zeros", 300, 0}, {"words", 2000, 1}, {"runs", 3000, 40}, {"noisy", 1500, 3}, {"floats", 1300, 9}} {
		f.Add(r.data(), byte(8), uint16(1))
		f.Add(r.data(), byte(3), uint16(50))
	}
	f.Fuzz(func(t *testing.T, part []byte, typesize byte, times uint16) {
		most := 1 << 13
		if times%16 == 0 { // large data are slow
			most = 1 << 17
		}
		data := bytes.Repeat(part, 1+int(times)%max(1, most/(len(part)+1)))
		c, err := Compress(nil, data, int(typesize))
		if typesize == 0 {
			if err == nil {
				t.Fatal("elements without size")
			}
			return
		}
		if err != nil || len(c) > len(data)+headerSize {
			t.Fatalf("%d bytes become %d, %v", len(data), len(c), err)
		}
		if back, err := Decompress(nil, c, math.MaxInt64); err != nil || !bytes.Equal(back, data) {
			t.Fatalf("%d bytes come back as %d, %v", len(data), len(back), err)
		}
	})
}
