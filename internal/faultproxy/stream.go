package faultproxy

import (
	"errors"
	"io"
	"net"
	"slices"
	"time"
)

// errEnded ends a stream without a word: its fault has ended the connection.
var errEnded = errors.New("faultproxy: ended by a fault")

// stream passes one direction of a link on.
type stream struct {
	*link
	dir      Direction
	src, dst net.Conn
	faults   []Fault // to come, in their order
	passed   int64

	flip    byte // bits to be changed in the next byte
	latency time.Duration
	rate    Fault // Bandwidth or Slicer, if Size is set
}

func newStream(l *link, dir Direction, src, dst net.Conn) *stream {
	s := &stream{link: l, dir: dir, src: src, dst: dst}
	for _, f := range l.proxy.faults {
		if f.Dir == dir {
			s.faults = append(s.faults, f)
		}
	}
	slices.SortStableFunc(s.faults, func(a, b Fault) int { return int(a.After - b.After) })
	return s
}

// run passes on until the sender ends the stream or a fault the link. An end is
// passed on alone: the other direction may have more to say.
func (s *stream) run() {
	buf := make([]byte, 32<<10)
	err := s.fire()
	for err == nil {
		var n int
		n, err = s.src.Read(buf)
		if n > 0 {
			if e := s.pass(buf[:n]); e != nil {
				err = e
			}
		}
	}
	switch state := s.state.Load(); {
	case state == cutting:
		// Who has unread input when it closes resets the connection, so that
		// is read until the end.
		_, _ = io.Copy(io.Discard, s.src)
	case state == silent:
		<-s.ctx.Done()
	case errors.Is(err, errEnded):
	case errors.Is(err, io.EOF):
		closeWrite(s.dst)
	default:
		reset(s.src)
		reset(s.dst)
	}
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// pass forwards p and injects the faults that are due.
func (s *stream) pass(p []byte) error {
	for len(p) > 0 {
		n := len(p)
		if len(s.faults) > 0 {
			n = int(min(int64(n), s.faults[0].After-s.passed))
		}
		if s.flip != 0 {
			p[0] ^= s.flip
			s.flip = 0
		}
		if err := s.write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		s.passed += int64(n)
		if err := s.fire(); err != nil {
			return err
		}
	}
	return nil
}

// fire injects the faults whose byte has been reached.
func (s *stream) fire() error {
	for len(s.faults) > 0 && s.faults[0].After <= s.passed {
		f := s.faults[0]
		s.faults = s.faults[1:]
		s.proxy.fired.Add(1)
		switch f.Kind {
		case Latency:
			s.latency = f.Time
		case Bandwidth, Slicer:
			s.rate = f
		case Stall:
			if err := s.wait(f.Time); err != nil {
				return err
			}
		case Flip:
			s.flip = 1 << (f.Size % 8)
		case Cut:
			s.state.Store(cutting)
			closeWrite(s.src)
			closeWrite(s.dst)
			return errEnded
		case Reset:
			reset(s.src)
			reset(s.dst)
			s.cancel()
			return errEnded
		case HalfOpen:
			s.state.Store(silent)
			reset(s.dst)
			return errEnded
		}
	}
	return nil
}

func (s *stream) write(p []byte) error {
	if s.latency > 0 {
		if err := s.wait(s.latency); err != nil {
			return err
		}
	}
	size := s.rate.Size
	if size == 0 {
		size = len(p)
	}
	for len(p) > 0 {
		n := min(size, len(p))
		if _, err := s.dst.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		if s.rate.Kind == Bandwidth {
			if err := s.wait(s.rate.Time); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stream) wait(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.ctx.Done():
		return errEnded
	}
}
