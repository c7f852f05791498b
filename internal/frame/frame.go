// Package frame moves aiomas frames over a connection: a big-endian uint32
// length, then that many bytes of payload. The [Reader] hands out payloads
// where they were read, the [Writer] joins what many goroutines have ready
// into few system calls. Neither knows what a payload means.
package frame

import (
	"encoding/binary"
	"fmt"
	"sync"
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
// payload, to be appended to B.
type Buffer struct {
	B []byte
}

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
	if cap(b.B) <= maxPooled {
		buffers.Put(b)
	}
}

// seal fills in the header. The caller has checked the size.
func (b *Buffer) seal() {
	binary.BigEndian.PutUint32(b.B, uint32(len(b.B)-HeaderSize)) //nolint:gosec // Writer.Write checks it against MaxPayload
}
