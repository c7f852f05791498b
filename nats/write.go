package nats

import (
	"fmt"
	"net"
	"sync"
	"syscall"
)

// mostChunk is the most bytes of a data message with what NATS adds to it. The NATS server
// reads 64 KiB at a time, and copies a message that is in two reads to new memory: four such
// messages fit, and little is copied.
const mostChunk = 16 << 10

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
	return int(min(uint64(n), s.taken+s.window-s.sent)), nil //nolint:gosec // not more than n
}

// grant returns how many bytes of p the caller may publish itself, and the header of the
// first one; it then calls passed. n is 0 if the writer must wait, or must use message.
func (s *stream) grant(p []byte, most int) (h header, n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err = s.room(min(len(p), most)); n == 0 || err != nil || s.posts > 0 {
		return h, 0, err
	}
	h = header{kindData, 0, s.sent, s.read}
	s.told = s.read
	s.sent += uint64(n) //nolint:gosec // positive
	s.asked, s.passing = false, true
	return h, n, nil
}

// message puts a data message of the next n bytes of p into the outbox; n is 0 if the writer
// must wait.
func (s *stream) message(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err = s.room(min(len(p), s.t.mostData(s.to))); n == 0 || err != nil {
		return 0, err
	}
	b := messages.Get().(*[]byte)
	s.told = s.read
	*b = append(header{kindData, 0, s.sent, s.read}.append((*b)[:0]), p[:n]...)
	s.sent += uint64(n) //nolint:gosec // positive
	s.asked = false
	s.posts++
	s.t.out.put(letter{to: s.to, data: *b, stream: s})
	return n, nil
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
		k, err := s.pass(p[n:])
		if k == 0 && err == nil {
			k, err = s.message(p[n:])
		}
		n += k
		if err != nil {
			return n, s.opError("write", err)
		}
		if k == 0 {
			break
		}
	}
	return n, nil
}

// pass publishes the first n bytes of p itself. n is 0 if it must not do that now.
func (s *stream) pass(p []byte) (n int, err error) {
	l, ok := s.t.way()
	if !ok {
		return 0, nil
	}
	chunk := s.t.mostData(s.to)
	most := chunk
	if l != nil {
		most = burst / mostChunk * chunk // else the last message of each burst would be short
	}
	h, n, err := s.grant(p, most)
	if n == 0 || err != nil {
		return 0, err
	}
	if l != nil {
		err = l.writeData(s.to, h, p[:n], chunk)
	} else {
		b := messages.Get().(*[]byte)
		*b = append(h.append((*b)[:0]), p[:n]...)
		err = s.t.nc.Publish(s.to, *b)
		messages.Put(b)
	}
	if s.passed(); err != nil {
		err = s.unsent(err)
	}
	return n, err
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
		k, err := s.message(p[n:])
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
