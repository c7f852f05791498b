package chunk

import (
	"bytes"
	"errors"
	"math"
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
	f.Add(bomb(1 << 20))
	const limit = 1 << 20
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

// FuzzRoundTrip: what was compressed comes back, and is not much longer.
func FuzzRoundTrip(f *testing.F) {
	for _, r := range []recipe{{"zeros", 300, 0}, {"words", 2000, 1}, {"runs", 3000, 40}, {"noisy", 1500, 3}, {"floats", 1300, 9}} {
		f.Add(r.data(), byte(8), uint16(1))
		f.Add(r.data(), byte(3), uint16(50))
	}
	f.Fuzz(func(t *testing.T, part []byte, typesize byte, times uint16) {
		data := bytes.Repeat(part, 1+int(times)%max(1, 1<<17/(len(part)+1)))
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
