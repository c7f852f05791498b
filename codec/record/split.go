package record

import (
	"encoding/binary"

	"github.com/aiomas-go/aiomas-go/codec/frame"
)

// A Splitter finds the frames in a stream that it receives in pieces. The zero Splitter has the limit
// [frame.DefaultLimit].
type Splitter struct {
	Limit int64 // of a payload, in bytes; the data after a longer one are not split

	buf    []byte // an incomplete frame
	broken bool
}

// Add adds a piece, and calls f for each frame that it completes. data is the payload, which f may
// keep; with rest, data follow a length above the limit.
func (s *Splitter) Add(piece []byte, f func(data []byte, rest bool)) {
	limit := s.Limit
	if limit == 0 {
		limit = frame.DefaultLimit
	}
	for len(piece) > 0 {
		if s.broken {
			f(append([]byte(nil), piece...), true)
			return
		}
		if missing := frame.HeaderSize - len(s.buf); missing > 0 {
			n := min(missing, len(piece))
			s.buf, piece = append(s.buf, piece[:n]...), piece[n:]
			if n < missing {
				return
			}
		}
		size := int64(binary.BigEndian.Uint32(s.buf))
		if size > limit {
			s.broken = true
			f(s.buf, true)
			s.buf = nil
			continue
		}
		n := min(int(size)-(len(s.buf)-frame.HeaderSize), len(piece))
		s.buf, piece = append(s.buf, piece[:n]...), piece[n:]
		if len(s.buf) == frame.HeaderSize+int(size) {
			f(s.buf[frame.HeaderSize:], false)
			s.buf = nil
		}
	}
	if len(s.buf) == frame.HeaderSize && binary.BigEndian.Uint32(s.buf) == 0 {
		f([]byte{}, false)
		s.buf = nil
	}
}

// Rest returns the incomplete frame received so far, including its header; nil between two frames.
func (s *Splitter) Rest() []byte { return s.buf }
