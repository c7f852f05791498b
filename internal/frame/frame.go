// Package frame sends and receives aiomas frames over a connection: a
// big-endian uint32 length, then that many bytes of payload. A [Reader] returns
// payloads in its read buffer, without a copy; a [Writer] joins the frames of
// many goroutines into few system calls. Neither interprets payloads.
package frame

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// HeaderSize is the length of a frame's header; MaxPayload is the longest
// payload that it can announce.
const (
	HeaderSize = 4
	MaxPayload = 1<<32 - 1
)

// TooLargeError means that the announced length of a frame exceeds the limit.
type TooLargeError struct {
	Size  uint64
	Limit int64
	Head  [HeaderSize]byte // the received header, which may show which protocol the peer uses
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("frame of %d bytes exceeds the limit of %d", e.Size, e.Limit)
}

// Buffer holds one frame while it is built: space for the header, then the
// payload, which is appended to B. Gap is part of the payload, too.
type Buffer struct {
	B    []byte
	Gap  gap.Gap
	lent bool   // B belongs to another owner
	done func() // called when b is freed; nil: nothing
}

// Size returns the length of the frame with its header.
func (b *Buffer) Size() int { return len(b.B) + len(b.Gap.Text) }

// Larger buffers are not pooled: pooled buffers of 64 MiB would waste memory.
const maxPooled = 2 << 20

var buffers = sync.Pool{New: func() any { return &Buffer{B: make([]byte, 0, 512)} }}

// NewBuffer returns a pooled buffer with space for the header.
func NewBuffer() *Buffer {
	b := buffers.Get().(*Buffer)
	b.B = append(b.B[:0], 0, 0, 0, 0)
	return b
}

// Free returns b to the pool. It must not be used afterwards.
func (b *Buffer) Free() {
	b.Gap.Drop()
	if b.done != nil {
		b.done()
		b.done = nil
	}
	if cap(b.B) <= maxPooled && !b.lent {
		buffers.Put(b)
	}
}

// seal fills in the header. The caller has checked the size.
func (b *Buffer) seal() {
	binary.BigEndian.PutUint32(b.B, uint32(b.Size()-HeaderSize)) //nolint:gosec // Writer.Write checks it against MaxPayload
}
