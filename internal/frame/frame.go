// Package frame moves aiomas frames over a connection: a big-endian uint32
// length, then that many bytes of payload. The [Reader] hands out payloads
// where they were read, the [Writer] joins what many goroutines have ready
// into few system calls. Neither knows what a payload means.
package frame

import (
	"encoding/binary"
	"fmt"
	"sync"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// HeaderSize is the length of a frame's header; MaxPayload is the longest
// payload that it can announce.
const (
	HeaderSize = 4
	MaxPayload = 1<<32 - 1
)

// TooLargeError says that a frame announces more than the limit.
type TooLargeError struct {
	Size  uint64
	Limit int64
	Head  [HeaderSize]byte // the header as it came, which may tell what the peer really speaks
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("frame of %d bytes exceeds the limit of %d", e.Size, e.Limit)
}

// Buffer holds one frame while it is built: the header's room, then the
// payload, to be appended to B. Gap is part of the payload, too.
type Buffer struct {
	B    []byte
	Gap  gap.Gap
	lent bool // B is somebody else's
}

// Size returns the length of the frame with its header.
func (b *Buffer) Size() int { return len(b.B) + len(b.Gap.Text) }

// Buffers past this size are left to the garbage collector: a pool that keeps
// every 64 MiB message alive would be a leak.
const maxPooled = 2 << 20

var buffers = sync.Pool{New: func() any { return &Buffer{B: make([]byte, 0, 512)} }}

// NewBuffer returns a pooled buffer with room for the header in front.
func NewBuffer() *Buffer {
	b := buffers.Get().(*Buffer)
	b.B = append(b.B[:0], 0, 0, 0, 0)
	return b
}

// Free gives b back. It must not be used afterwards.
func (b *Buffer) Free() {
	b.Gap = gap.Gap{}
	if cap(b.B) <= maxPooled && !b.lent {
		buffers.Put(b)
	}
}

// seal fills in the header. The caller has checked the size.
func (b *Buffer) seal() {
	binary.BigEndian.PutUint32(b.B, uint32(b.Size()-HeaderSize)) //nolint:gosec // Writer.Write checks it against MaxPayload
}

// edge is how much of a text that fills a gap is copied to what is before and
// behind it. Writes of a few bytes would cost more than that.
const edge = 16 << 10

// split makes three buffers of b, whose gap it fills.
func (b *Buffer) split() (before, text, behind *Buffer) {
	g := b.Gap
	b.Gap = gap.Gap{}
	behind = NewBuffer()
	behind.B = append(behind.B[:0], g.Text[len(g.Text)-edge:]...)
	behind.B = append(behind.B, b.B[g.At:]...)
	b.B = append(b.B[:g.At], g.Text[:edge]...)
	rest := g.Text[edge : len(g.Text)-edge]
	return b, &Buffer{B: unsafe.Slice(unsafe.StringData(rest), len(rest)), lent: true}, behind // only read
}
