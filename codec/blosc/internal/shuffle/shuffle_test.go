package shuffle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// What the filters are, said in the plainest way.
func plainBytes(src []byte, size int) []byte {
	n := len(src) / size
	dst := make([]byte, len(src))
	for i := range n {
		for j := range size {
			dst[j*n+i] = src[i*size+j]
		}
	}
	return dst
}

func plainBits(src []byte, size int) []byte {
	n := len(src) / size
	dst := make([]byte, len(src))
	for i := range n {
		for bit := range 8 * size {
			b := src[i*size+bit/8] >> (bit % 8) & 1
			dst[bit*(n/8)+i/8] |= b << (i % 8)
		}
	}
	return dst
}

func rowsOf(b []byte, size int) [][]byte {
	rows := make([][]byte, size)
	for j := range rows {
		n := len(b) / size
		rows[j] = b[j*n : (j+1)*n]
	}
	return rows
}

func random(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestFilters(t *testing.T) {
	for size := 1; size <= 255; size++ {
		if invariant.On && size > 40 && size%32 > 1 {
			continue // the run without the race detector has them all
		}
		for _, n := range []int{0, 1, 7, 8, 9, 16, 64, 100, 255, 256, 257, 520} {
			src := random(size * n)
			want := plainBytes(src, size)
			got := make([]byte, len(src))
			Bytes(rowsOf(got, size), src)
			if !bytes.Equal(got, want) {
				t.Fatalf("Bytes: size %d, %d elements: got %x, want %x", size, n, got, want)
			}
			back := make([]byte, len(src))
			Unbytes(back, rowsOf(want, size))
			if !bytes.Equal(back, src) {
				t.Fatalf("Unbytes: size %d, %d elements: got %x, want %x", size, n, back, src)
			}
			if n%8 == 0 {
				clear(back)
				Unbits(back, rowsOf(plainBits(src, size), size))
				if !bytes.Equal(back, src) {
					t.Fatalf("Unbits: size %d, %d elements: got %x, want %x", size, n, back, src)
				}
			}
		}
	}
}

func BenchmarkFilters(b *testing.B) {
	for _, size := range []int{2, 4, 8, 16} {
		const n = 1 << 20
		src, dst := random(n), make([]byte, n+size*64)
		rows := make([][]byte, size)
		for j := range rows {
			rows[j] = dst[j*(n/size+64):][:n/size]
		}
		run := func(name string, f func()) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.SetBytes(n)
				for b.Loop() {
					f()
				}
			})
		}
		run("Bytes", func() { Bytes(rows, src) })
		run("Unbytes", func() { Unbytes(src, rows) })
		run("Unbits", func() { Unbits(src, rows) })
	}
}
