// Package frame reads and writes the frames of the wire, for tools and gateways
// that have no aiomas channel: recorders, relays, decoders of captured streams. A
// frame is a big-endian uint32 length and as many bytes, one encoded message.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// HeaderSize is the length of a frame's header, MaxPayload the longest payload
// that it can announce.
const (
	HeaderSize = 4
	MaxPayload = 1<<32 - 1
)

// DefaultLimit is the default limit of a [Reader], the same as that of a channel:
// 64 MiB.
const DefaultLimit = 64 << 20

// TooLargeError means that a payload exceeds the limit. The stream cannot be
// read any further.
type TooLargeError struct {
	Size  uint64           // bytes of the payload
	Limit int64            // bytes allowed
	Head  [HeaderSize]byte // the received header, which may show which protocol the peer uses; zero when writing
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("aiomas: frame of %d bytes exceeds the limit of %d", e.Size, e.Limit)
}

// Reader reads frames from a stream. It reads no further than the frame that it
// returns; pass a buffered reader to save system calls. It is not safe for
// concurrent use.
type Reader struct {
	r     io.Reader
	limit int64
	buf   []byte
}

// NewReader returns a Reader of r that limits a payload to limit bytes; 0 means
// [DefaultLimit].
func NewReader(r io.Reader, limit int64) *Reader {
	if limit == 0 {
		limit = DefaultLimit
	}
	return &Reader{r: r, limit: limit}
}

// Next returns the next frame, header included; the payload follows the first
// [HeaderSize] bytes. It is valid until the next call, and the caller may
// change it. The error is io.EOF at the end between two frames,
// io.ErrUnexpectedEOF within one, a [*TooLargeError], or an error of the
// underlying reader. Memory grows with the bytes received, not with the length
// announced.
func (r *Reader) Next() ([]byte, error) {
	r.buf = append(r.buf[:0], 0, 0, 0, 0)
	if _, err := io.ReadFull(r.r, r.buf); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(r.buf)
	if int64(size) > r.limit {
		return nil, &TooLargeError{Size: uint64(size), Limit: r.limit, Head: [HeaderSize]byte(r.buf)}
	}
	for left := int(size); left > 0; {
		n := min(left, max(cap(r.buf)-len(r.buf), len(r.buf), firstRead))
		at := len(r.buf)
		r.buf = grow(r.buf, n)
		if _, err := io.ReadFull(r.r, r.buf[at:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		left -= n
	}
	return r.buf, nil
}

// firstRead is the size of the buffer allocated before any byte of a payload has
// arrived.
const firstRead = 64 << 10

func grow(b []byte, n int) []byte {
	if cap(b)-len(b) < n {
		b = append(make([]byte, 0, len(b)+n), b...)
	}
	return b[:len(b)+n]
}

// Append appends the frame of payload to dst. The error is a [*TooLargeError].
func Append(dst, payload []byte) ([]byte, error) {
	return AppendFunc(dst, func(b []byte) ([]byte, error) { return append(b, payload...), nil })
}

// AppendFunc appends a frame whose payload is appended by write, for example by
// Codec.AppendMessage. If write fails or the payload is too long (a
// [*TooLargeError]), it returns dst unchanged and the error.
func AppendFunc(dst []byte, write func(b []byte) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	b, err := write(append(dst, 0, 0, 0, 0))
	if err != nil {
		return dst, err
	}
	size := uint64(len(b) - start - HeaderSize)
	if size > MaxPayload {
		return dst, &TooLargeError{Size: size, Limit: MaxPayload}
	}
	binary.BigEndian.PutUint32(b[start:], uint32(size))
	return b, nil
}
