package chunk

import "sync"

// ahead holds blocks that are compressed, possibly several at a time, before it
// is known where in the chunk they begin. They are written to memory that is
// used again and then copied, so that what the caller gets is taken at once and
// not larger than it must be: to let it grow with each block was a quarter of
// the time of a chunk.
type ahead struct {
	buf    []byte
	blocks [aheadBlocks][]byte // parts of buf
}

// aheadBlocks of those that Python would make are 16 MB at most.
const aheadBlocks = 16

var aheads = sync.Pool{New: func() any { return new(ahead) }}

func newAhead() *ahead { return aheads.Get().(*ahead) }

func (a *ahead) free() { aheads.Put(a) }

// compressAhead compresses block i and those after it, as many as a holds. They
// are valid until the next time.
func (h header) compressAhead(a *ahead, src []byte, i int) [][]byte {
	src = src[i*h.blockSize : min((i+aheadBlocks)*h.blockSize, len(src))]
	blocks := a.blocks[:min(aheadBlocks, h.blocks-i)]
	most := h.blockSize + h.splits(0)*offsetSize // with this room a block cannot fail
	if n := len(blocks) * most; cap(a.buf) < n {
		a.buf = make([]byte, n)
	}
	_ = inParallel(len(blocks), len(src), func(k int) error {
		s := newScratch()
		defer s.free()
		room := a.buf[k*most : k*most : (k+1)*most]
		blocks[k], _ = h.compressBlock(room, src[k*h.blockSize:][:h.block(i+k)], h.splits(i+k), most, s)
		return nil
	})
	return blocks
}
