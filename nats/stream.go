package nats

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// stream is one end of a connection. It implements net.Conn, and methods with which aiomas
// is more efficient: CloseWrite, TryWrite and WaitRead.
//
// mu guards the fields below it, and is not held during publishing. reading and writing are
// locked before mu, and mu before Transport.mu.
type stream struct {
	t             *Transport
	id            string // last token of its subject
	local, remote addr
	canRead       chan struct{} // gets a token when a reader should check again
	canWrite      chan struct{} // likewise for a writer

	reading sync.Mutex // one Read at a time
	writing sync.Mutex // one Write at a time

	mu    sync.Mutex
	state state
	to    string // subject of the other end; empty while dialling
	peer  *peer  // the process of the other end
	mark  uint64 // of both subjects; see markOf
	err   error  // the reason why it has failed
	over  bool   // Close was called

	dialled chan error // result of dialling

	// The outgoing direction.
	sent    uint64
	taken   uint64 // read by the peer's application
	known   uint64 // received by the peer, as far as it is known
	window  uint64 // bytes that the peer buffers beyond taken
	ended   bool   // no more bytes will be sent
	endSeen bool   // the peer knows ended
	refuses bool   // the peer reads no more bytes
	posts   int    // data messages in the outbox
	passing bool   // the last bytes of sent are being published: no probe now
	later   bool   // send a probe after passing
	asked   bool   // bytes were unacknowledged at the last tick as well
	age     int    // ticks since Close

	// The incoming direction.
	came, read, told uint64 // numbers of bytes: received, read by the application, and told to the peer as read
	unread           chunks
	into             []byte // memory of a waiting Read
	filled           int    // bytes in it
	eof              bool   // the peer's stream ends after came bytes
	heard            bool   // of an accepted stream: the peer has confirmed it

	readDeadline, writeDeadline deadline
}

// state is the state of a stream.
type state byte

const (
	dialling state = iota
	open
	closing   // closed on this side, without confirmation of the peer
	resetting // likewise, after a failure
	gone      // removed on both sides
)

// addr is a name, or the base subject of a process that has dialled.
type addr struct{ scheme, name string }

func (a addr) Network() string { return a.scheme }
func (a addr) String() string  { return a.name }

func (t *Transport) newStream(id string, local, remote addr) *stream {
	return &stream{
		t: t, id: id, local: local, remote: remote,
		canRead: make(chan struct{}, 1), canWrite: make(chan struct{}, 1),
	}
}

// subject returns the subject to which the peer sends.
func (s *stream) subject() string { return s.t.base + "." + s.id }

func (s *stream) LocalAddr() net.Addr  { return s.local }
func (s *stream) RemoteAddr() net.Addr { return s.remote }

func (s *stream) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: s.local.scheme, Source: s.local, Addr: s.remote, Err: err}
}

// Read implements net.Conn.
func (s *stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for {
		n, wait, err := s.take(p)
		switch {
		case err == io.EOF: //nolint:errorlint // never wrapped, and must not be
			return n, err
		case err != nil:
			return n, s.opError("read", err)
		case !wait:
			return n, nil
		}
		<-s.canRead
	}
}

// WaitRead returns when Read would not wait. aiomas uses it so that idle connections need
// no buffer.
func (s *stream) WaitRead() {
	s.reading.Lock()
	defer s.reading.Unlock()
	for {
		if _, wait, _ := s.take(nil); !wait {
			return
		}
		<-s.canRead
	}
}

// take reads the available bytes. wait reports that there are none; then received bytes may
// be copied to p until the next call, which has the same p.
func (s *stream) take(p []byte) (n int, wait bool, err error) {
	s.mu.Lock()
	n, s.into, s.filled = s.filled, nil, 0
	switch {
	case s.over:
		n, err = 0, net.ErrClosed
	case n > 0:
	case s.readDeadline.passed:
		err = errDeadline
	case !s.unread.empty():
		n = s.unread.moveTo(p)
	case s.err != nil:
		err = s.err
	case s.eof:
		err = io.EOF
	default:
		wait, s.into = true, p
	}
	s.read += uint64(n) //nolint:gosec // positive
	tell := n > 0 && s.read-s.told >= s.t.opts.window()/2 && s.state == open && !s.eof
	if !tell {
		s.mu.Unlock()
		return n, wait, err
	}
	l := letter{to: s.to, data: s.header(kindCredit, 0)}
	s.mu.Unlock()
	s.t.out.put(l)
	return n, wait, err
}

// more adds bytes of a data message that come has announced. It reports whether a reader
// should check again.
func (s *stream) more(b []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == gone || s.state == resetting {
		return false
	}
	s.came += uint64(len(b))
	if s.over {
		return false
	}
	if s.unread.empty() {
		k := copy(s.into[s.filled:], b)
		s.filled += k
		b = b[k:]
	}
	s.unread.copy(b)
	return true
}

// hasRoom reports whether a waiting Read can take more bytes.
func (s *stream) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filled < len(s.into)
}

// header returns the header of a message without bytes; mu is held.
func (s *stream) header(k kind, flags byte) []byte {
	s.told = s.read
	return header{k, flags, s.sent, s.read}.append(make([]byte, 0, headerSize))
}

// CloseWrite ends the outgoing direction. The peer still reads all bytes, and then io.EOF.
func (s *stream) CloseWrite() error {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return s.opError("close", net.ErrClosed)
	}
	var l letter
	if s.state == open && !s.ended {
		s.ended = true
		l = s.probe()
	}
	s.mu.Unlock()
	wake(s.canWrite)
	s.t.out.send(l)
	return nil
}

// Close ends both directions, without waiting. The peer still reads all bytes sent before.
// If bytes from the peer were not read, the peer's end fails with [ErrReset].
func (s *stream) Close() error {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return s.opError("close", net.ErrClosed)
	}
	s.over = true
	var l letter
	if s.state == open {
		s.ended, s.endSeen, s.state = true, false, closing
		l = s.probe()
	}
	s.unread.drop()
	s.readDeadline.stop()
	s.writeDeadline.stop()
	s.mu.Unlock()
	s.wake()
	s.t.out.send(l)
	return nil
}

// probe returns a message with the number of sent bytes and the state of the stream, which
// the peer acknowledges; mu is held. It returns an empty letter while the last bytes are
// being published.
func (s *stream) probe() letter {
	if s.passing {
		s.later = true
		return letter{}
	}
	k, flags := kindProbe, byte(0)
	switch {
	case s.state == resetting:
		if k = kindReset; errors.Is(s.err, ErrLost) {
			flags = flagLost
		}
	case s.over:
		flags = flagEnd | flagClosed
	case s.ended:
		flags = flagEnd
	}
	return letter{to: s.to, reply: s.subject(), data: s.header(k, flags)}
}

func (s *stream) wake() {
	wake(s.canRead)
	wake(s.canWrite)
}

// fail ends the stream with err, on both sides.
func (s *stream) fail(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	var l letter
	if s.state == open || s.state == closing {
		s.state, s.passing = resetting, false
		l = s.probe()
		s.t.count.failed.Add(1)
	}
	s.mu.Unlock()
	s.wake()
	s.t.out.send(l)
}

// end ends the stream with err, without sending anything.
func (s *stream) end(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	was := s.state
	s.state = gone
	s.mu.Unlock()
	switch was {
	case gone:
		return
	case dialling:
		s.dialled <- err // has room for one error
	case open:
		s.t.count.failed.Add(1)
	case closing, resetting:
	}
	s.t.forget(s)
	s.wake()
}

// SetDeadline implements net.Conn.
func (s *stream) SetDeadline(at time.Time) error {
	if err := s.SetReadDeadline(at); err != nil {
		return err
	}
	return s.SetWriteDeadline(at)
}

// SetReadDeadline implements net.Conn.
func (s *stream) SetReadDeadline(at time.Time) error {
	return s.setDeadline(&s.readDeadline, s.canRead, at)
}

// SetWriteDeadline implements net.Conn.
func (s *stream) SetWriteDeadline(at time.Time) error {
	return s.setDeadline(&s.writeDeadline, s.canWrite, at)
}

func (s *stream) setDeadline(d *deadline, waits chan struct{}, at time.Time) error {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return s.opError("set", net.ErrClosed)
	}
	d.set(&s.mu, waits, at)
	passed := d.passed
	s.mu.Unlock()
	if passed {
		wake(waits)
	}
	return nil
}

// Reset ends both directions. The peer's end fails with [ErrReset], which shows that the
// stream is not complete.
func (s *stream) Reset() {
	s.fail(net.ErrClosed)
	_ = s.Close()
}
