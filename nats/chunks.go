package nats

import "sync"

// chunk is unread bytes of a stream.
type chunk struct {
	b   []byte
	mem *memory // nil if the memory is that of a message
}

// memory is pooled memory of chunks.
type memory struct {
	b    []byte
	pool *sync.Pool
}

// Most received bytes are few, and their reader comes at once.
const (
	smallChunk = 4 << 10
	largeChunk = 32 << 10
)

var smallChunks, largeChunks sync.Pool

func newChunk(n int) chunk {
	size, pool := smallChunk, &smallChunks
	if n > smallChunk {
		size, pool = largeChunk, &largeChunks
	}
	mem, ok := pool.Get().(*memory)
	if !ok {
		mem = &memory{make([]byte, 0, size), pool}
	}
	return chunk{mem.b, mem}
}

func (c chunk) free() {
	if c.mem != nil {
		c.mem.pool.Put(c.mem)
	}
}

// chunks are the unread bytes of a stream.
type chunks struct {
	list []chunk
	head int // index of the first unread chunk
}

func (cs *chunks) empty() bool { return cs.head == len(cs.list) }

// moveTo moves bytes to p.
func (cs *chunks) moveTo(p []byte) (n int) {
	for n < len(p) && !cs.empty() {
		c := &cs.list[cs.head]
		k := copy(p[n:], c.b)
		n += k
		if c.b = c.b[k:]; len(c.b) > 0 {
			break
		}
		c.free()
		*c = chunk{}
		cs.head++
	}
	if cs.empty() {
		cs.list, cs.head = cs.list[:0], 0
		if cap(cs.list) > 16 {
			cs.list = nil
		}
	}
	return n
}

// keep adds bytes of a message, which belong to the chunks from now on. Small messages
// share chunks, so that the memory stays in proportion to the window.
func (cs *chunks) keep(b []byte) {
	if n := len(cs.list); n-cs.head > 8 && len(b) <= 1<<10 && len(cs.list[n-1].b) < 16<<10 && cs.list[n-1].mem == nil {
		cs.list[n-1].b = append(cs.list[n-1].b, b...)
		return
	}
	cs.list = append(cs.list, chunk{b: b})
}

// copy adds a copy of b.
func (cs *chunks) copy(b []byte) {
	size := len(b)
	for len(b) > 0 {
		if n := len(cs.list); n > cs.head && cs.list[n-1].mem != nil {
			c := &cs.list[n-1]
			k := min(len(b), cap(c.b)-len(c.b))
			c.b = append(c.b, b[:k]...)
			if b = b[k:]; len(b) == 0 {
				return
			}
			size = largeChunk
		}
		cs.list = append(cs.list, newChunk(size))
	}
}

// drop drops all bytes.
func (cs *chunks) drop() {
	for _, c := range cs.list[cs.head:] {
		c.free()
	}
	*cs = chunks{}
}
