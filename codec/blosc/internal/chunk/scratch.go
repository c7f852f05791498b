package chunk

import (
	"sync"

	"github.com/aiomas-go/aiomas-go/codec/blosc/internal/blosclz"
)

// scratch is the memory for processing one block.
type scratch struct {
	buf   []byte // the shuffled block
	rows  [MaxTypesize][]byte
	table *blosclz.Table // nil until something is compressed
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newScratch() *scratch { return scratches.Get().(*scratch) }

// maxKept is the size of the largest buffer that is kept for reuse: no block
// needs more unless Python's blosc is given a block size.
const maxKept = 2 << 20

// rowGap is the distance between the rows of a shuffled block. In large chunks
// the lengths of rows are powers of two: without a gap, the same positions of
// all rows would compete for the same cache lines.
const rowGap = 64

// room returns a buffer of n bytes with undefined content.
func (s *scratch) room(n int) []byte {
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	return s.buf[:n]
}

func (s *scratch) compressor() *blosclz.Table {
	if s.table == nil {
		s.table = new(blosclz.Table)
	}
	return s.table
}

func (s *scratch) free() {
	clear(s.rows[:]) // they refer to chunks
	if cap(s.buf) > maxKept {
		s.buf = nil
	}
	scratches.Put(s)
}
