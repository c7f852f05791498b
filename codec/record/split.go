package record

import (
	"encoding/binary"

	"github.com/aiomas-go/aiomas-go/codec/frame"
)

// A Splitter finds the frames in a stream of which it is given one piece after the other. The zero Splitter has the
// limit [frame.DefaultLimit].
type Splitter struct {
	Limit int64 // on a payload, in bytes; what follows a longer one is no frame any more

	buf    []byte // the beginning of a frame
	broken bool
}

// Add takes the next piece, and calls f for each frame that it completes, with the payload, which is f's, and with rest
// for what comes after a length past the limit.
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

// Rest returns the part of a frame that has come, header included; nil between two frames.
func (s *Splitter) Rest() []byte { return s.buf }
