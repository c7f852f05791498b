package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// cutConn is a connection whose reads are cut as cuts says, round and round:
// each takes 2^k bytes at most. A high bit brings the end together with the
// last bytes, a second one a read of nothing before.
type cutConn struct {
	net.Conn
	stream []byte
	cuts   []byte
	reads  int
	empty  bool // the last read was of nothing
}

func (c *cutConn) Read(p []byte) (int, error) {
	if len(c.stream) == 0 {
		return 0, io.EOF
	}
	var cut byte = 31
	if len(c.cuts) > 0 {
		cut = c.cuts[c.reads%len(c.cuts)]
	}
	if cut&0x40 != 0 && !c.empty {
		c.empty = true
		return 0, nil
	}
	c.reads++
	c.empty = false
	n := copy(p[:min(len(p), 1<<min(cut&31, 20))], c.stream)
	c.stream = c.stream[n:]
	if cut&0x80 != 0 && len(c.stream) == 0 {
		return n, io.EOF
	}
	return n, nil
}

func (*cutConn) SetReadDeadline(time.Time) error { return nil }

// FuzzReader: however the stream is cut, its frames are those that a plain
// reading of the format finds.
func FuzzReader(f *testing.F) {
	f.Add(encode([]byte("a"), nil, []byte("bcd")), uint32(0), []byte{0})
	f.Add([]byte("\x00\x00\x00\x05abc"), uint32(0), []byte{0x41, 2})
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint32(0), []byte{2, 31})
	f.Add(encode([]byte("a")), uint32(bufferSize), []byte{0x0f})
	f.Add(encode([]byte("a")), uint32(bufferSize-HeaderSize), []byte{0x8f})
	f.Add([]byte(nil), uint32(3*bufferSize), []byte{0xcc})
	filling := bytes.Repeat([]byte("0123456789"), bufferSize)
	const limit = 1 << 20
	conn := new(cutConn)
	f.Fuzz(func(t *testing.T, stream []byte, first uint32, cuts []byte) {
		if first >= bufferSize-2*HeaderSize && first <= 4*bufferSize { // a frame around the buffer's size in front
			stream = append(encode(filling[:first]), stream...)
		}
		*conn = cutConn{stream: stream, cuts: cuts}
		r := NewReader(conn, limit, time.Minute, 0)
		defer r.Release()
		for {
			want, wantErr := next(&stream, limit)
			got, mem, err := r.Next()
			if wantErr != nil {
				if big := (*TooLargeError)(nil); errors.As(err, &big) {
					err = errTooLarge
				}
				if !errors.Is(err, wantErr) {
					t.Errorf("%v, want %v", err, wantErr)
				}
				return
			}
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("a frame of %d bytes, %v, want %d bytes", len(got), err, len(want))
			}
			if mem != nil {
				mem.Free()
			}
		}
	})
}

var errTooLarge = errors.New("too large")

// next takes the first frame of stream.
func next(stream *[]byte, limit uint32) (payload []byte, err error) {
	s := *stream
	switch {
	case len(s) == 0:
		return nil, io.EOF
	case len(s) < HeaderSize:
		return nil, io.ErrUnexpectedEOF
	}
	n := binary.BigEndian.Uint32(s)
	switch s = s[HeaderSize:]; {
	case n > limit:
		return nil, errTooLarge
	case uint64(n) > uint64(len(s)):
		return nil, io.ErrUnexpectedEOF
	}
	*stream = s[n:]
	return s[:n], nil
}
