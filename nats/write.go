package nats

import (
	"fmt"
	"net"
	"sync"
	"syscall"
)

// room returns how many of n bytes can be sent now; 0 means that the writer must wait. mu
// is held.
func (s *stream) room(n int) (int, error) {
	switch {
	case s.over || s.ended && s.err == nil:
		return 0, net.ErrClosed
	case s.writeDeadline.passed:
		return 0, errDeadline
	case s.err != nil:
		return 0, s.err
	case s.refuses:
		return 0, syscall.EPIPE
	}
	free := s.taken + s.window - s.sent
	return int(min(uint64(n), free, uint64(s.t.chunk.Load()))), nil //nolint:gosec // not more than n
}

// message makes a data message of the next n bytes of p; n is 0 if the writer must wait. If
// direct is true, the caller publishes the message and calls passed; otherwise it is in the
// outbox.
func (s *stream) message(p []byte, try bool) (b *[]byte, n int, direct bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err = s.room(len(p)); n == 0 || err != nil {
		return nil, 0, false, err
	}
	b = messages.Get().(*[]byte)
	s.told = s.read
	*b = append(header{kindData, 0, s.sent, s.read}.append((*b)[:0]), p[:n]...)
	s.sent += uint64(n) //nolint:gosec // positive
	s.asked = false
	if try && s.posts == 0 && s.t.connected.Load() {
		s.passing = true
		return b, n, true, nil
	}
	s.posts++
	s.t.out.put(letter{to: s.to, data: *b, stream: s})
	return b, n, false, nil
}

var messages = sync.Pool{New: func() any { b := make([]byte, 0, 1<<10); return &b }}

// TryWrite writes as many bytes as it can without waiting for the peer. aiomas uses it to
// write in the caller's goroutine.
func (s *stream) TryWrite(p []byte) (n int, err error) {
	if !s.writing.TryLock() {
		return 0, nil
	}
	defer s.writing.Unlock()
	for n < len(p) {
		b, k, direct, err := s.message(p[n:], true)
		if err != nil {
			return n, s.opError("write", err)
		}
		if k == 0 {
			break
		}
		n += k
		if !direct {
			continue
		}
		err = s.t.nc.Publish(s.to, *b)
		messages.Put(b)
		if s.passed(); err != nil {
			return n, s.opError("write", s.unsent(err))
		}
	}
	return n, nil
}

// passed is called after a message was published directly.
func (s *stream) passed() {
	s.mu.Lock()
	s.passing = false
	var l letter
	if s.later {
		s.later = false
		l = s.probe()
	}
	s.mu.Unlock()
	s.t.out.send(l)
}

// Write implements net.Conn. It publishes through the outbox, so that Close need not wait
// for it.
func (s *stream) Write(p []byte) (n int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for {
		_, k, _, err := s.message(p[n:], false)
		if err != nil {
			return n, s.opError("write", err)
		}
		if n += k; n == len(p) {
			return n, nil
		}
		if k == 0 {
			<-s.canWrite
		}
	}
}

// posted is called by the outbox after a data message was published, or with the error.
func (s *stream) posted(b []byte, err error) {
	messages.Put(&b)
	s.mu.Lock()
	s.posts--
	s.mu.Unlock()
	if err != nil {
		_ = s.unsent(err)
	}
}

// unsent ends the stream because NATS has not accepted its bytes.
func (s *stream) unsent(err error) error {
	err = fmt.Errorf("%w: %w", ErrLost, err)
	s.fail(err)
	return err
}
