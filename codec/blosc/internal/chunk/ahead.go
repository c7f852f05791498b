package chunk

import "sync"

// ahead holds compressed blocks whose offsets in the chunk are not known yet.
// Several blocks may be compressed at a time. They are written to reused memory
// and then copied, so that the memory for the chunk is allocated in one piece
// and not larger than needed. When the chunk grew with each block instead,
// growing took a quarter of the time.
type ahead struct {
	buf    []byte
	blocks [aheadBlocks][]byte // parts of buf
}

// aheadBlocks blocks of the sizes that Python uses are at most 16 MB.
const aheadBlocks = 16

var aheads = sync.Pool{New: func() any { return new(ahead) }}

func newAhead() *ahead { return aheads.Get().(*ahead) }

func (a *ahead) free() { aheads.Put(a) }

// compressAhead compresses block i and the following ones, as many as a can
// hold. The result is valid until the next call.
func (h header) compressAhead(a *ahead, src []byte, i int) [][]byte {
	src = src[i*h.blockSize : min((i+aheadBlocks)*h.blockSize, len(src))]
	blocks := a.blocks[:min(aheadBlocks, h.blocks-i)]
	most := h.blockSize + h.splits(0)*offsetSize // enough for any block, even one that does not become shorter
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
