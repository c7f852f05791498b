package aiomas_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// A script is a connection whose peer's part is written beforehand, and whose
// own part can be read afterwards or meanwhile. There is no goroutine and no
// socket behind it, so that it can be played thousands of times a second.
type script struct {
	eaten context.Context // ends when all of the peer's part has been read and acted on, or with the connection
	end   context.CancelFunc

	mu      sync.Mutex
	changed sync.Cond
	in      []byte // what the peer sends
	cut     int    // so many bytes a read; 0: as many as there is room for
	held    bool   // the peer does not send yet
	over    bool   // the peer sends no more than in
	closed  bool   // by this end
	out     []byte // what this end has sent and nobody has read
}

func newScript(in []byte, cut int, held bool) *script {
	s := &script{in: in, cut: cut, held: held}
	s.changed.L = &s.mu
	s.eaten, s.end = context.WithCancel(context.Background())
	return s
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.closed:
			return 0, net.ErrClosed
		case s.held:
		case len(s.in) > 0:
			if s.cut > 0 {
				p = p[:min(s.cut, len(p))]
			}
			n := copy(p, s.in)
			s.in = s.in[n:]
			return n, nil
		case s.over:
			return 0, io.EOF
		default:
			s.end()
		}
		s.changed.Wait()
	}
}

// Write and TryWrite never wait.
func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	s.out = append(s.out, p...)
	s.changed.Broadcast()
	return len(p), nil
}

func (s *script) TryWrite(p []byte) (int, error) { return s.Write(p) }

func (s *script) Close() error {
	s.set(func() { s.closed = true })
	s.end()
	return nil
}

// CloseWrite is answered by the peer's end.
func (s *script) CloseWrite() error {
	s.stop()
	return nil
}

// start lets the peer send, feed lets it send more, stop lets it end the stream.
func (s *script) start()        { s.set(func() { s.held = false }) }
func (s *script) feed(b []byte) { s.set(func() { s.in = append(slices.Clip(s.in), b...) }) }
func (s *script) stop()         { s.set(func() { s.over = true }) }

func (s *script) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.changed.Broadcast()
}

// next waits for the payload of the next frame that this end sends; false is the
// end.
func (s *script) next() ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if len(s.out) >= 4 {
			if n := 4 + int(binary.BigEndian.Uint32(s.out)); n <= len(s.out) {
				payload := s.out[4:n:n]
				s.out = s.out[n:]
				return payload, true
			}
		}
		if s.closed {
			return nil, false
		}
		s.changed.Wait()
	}
}

func (*script) LocalAddr() net.Addr                { return scriptAddr{} }
func (*script) RemoteAddr() net.Addr               { return scriptAddr{} }
func (*script) SetDeadline(time.Time) error        { return nil }
func (*script) SetReadDeadline(time.Time) error    { return nil }
func (*script) SetWriteDeadline(t time.Time) error { return nil }

type scriptAddr struct{}

func (scriptAddr) Network() string { return "script" }
func (scriptAddr) String() string  { return "peer" }

// scripts is a listener of connections that are handed to it.
type scripts struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newScripts() *scripts { return &scripts{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (l *scripts) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *scripts) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (*scripts) Addr() net.Addr { return scriptAddr{} }
