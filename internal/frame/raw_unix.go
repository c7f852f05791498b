//go:build unix

package frame

import (
	"errors"
	"io"
	"syscall"
)

// rawReader waits for a socket to become readable before it takes a buffer.
type rawReader struct {
	rc  syscall.RawConn
	fn  func(fd uintptr) bool // kept: a closure per read would be an allocation per read
	buf *Memory
	n   int
	err error
}

func newRawReader(rc syscall.RawConn) *rawReader {
	r := &rawReader{rc: rc}
	r.fn = func(fd uintptr) bool {
		r.buf = newReadBuffer()
		for {
			r.n, r.err = readNow(int(fd), r.buf.b)
			if !errors.Is(r.err, syscall.EINTR) {
				break
			}
		}
		if errors.Is(r.err, syscall.EAGAIN) {
			r.buf.Free()
			r.buf = nil
			return false
		}
		return true
	}
	return r
}

func (r *rawReader) read() (buf *Memory, n int, err error) {
	r.buf, r.n, r.err = nil, 0, nil
	err = r.rc.Read(r.fn)
	if err == nil && r.err != nil {
		err = r.err
	}
	if err == nil && r.n == 0 {
		err = io.EOF
	}
	buf, n, r.buf = r.buf, max(r.n, 0), nil
	if buf != nil && n == 0 {
		buf.Free()
		buf = nil
	}
	return buf, n, err
}

// rawWriter writes what a socket takes at once, without waiting.
type rawWriter struct {
	rc  syscall.RawConn
	fn  func(fd uintptr) bool
	buf []byte
	n   int
	err error
}

func newRawWriter(rc syscall.RawConn) *rawWriter {
	w := &rawWriter{rc: rc}
	w.fn = func(fd uintptr) bool {
		for w.n < len(w.buf) {
			n, err := writeNow(int(fd), w.buf[w.n:])
			switch {
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EAGAIN):
				return true
			case err != nil:
				w.err = err
				return true
			default:
				w.n += n
			}
		}
		return true
	}
	return w
}

// write returns how much of p the socket took.
func (w *rawWriter) write(p []byte) (n int, err error) {
	w.buf, w.n, w.err = p, 0, nil
	err = w.rc.Write(w.fn)
	if err == nil {
		err = w.err
	}
	w.buf = nil
	return w.n, err
}
