//go:build unix

package frame

import (
	"errors"
	"io"
	"syscall"
)

// rawReader waits for a socket to become readable before it takes a buffer.
type rawReader struct {
	rc    syscall.RawConn       // nil: not a socket
	fn    func(fd uintptr) bool // stored here because a new closure for each read would be an allocation
	buf   *Memory
	n     int32
	hasty bool // do not wait
	err   error
}

func (r *rawReader) init(rc syscall.RawConn) {
	r.rc = rc
	r.fn = func(fd uintptr) bool {
		r.buf = newReadBuffer()
		for {
			n, err := readNow(int(fd), r.buf.b)
			r.n, r.err = int32(n), err //nolint:gosec // the size of a buffer at most
			switch r.err {
			case syscall.EINTR: //nolint:errorlint // as the system call returned it
				continue
			case syscall.EAGAIN: // likewise, before nearly each wait
				r.buf.Free()
				r.buf = nil
				if r.hasty {
					r.n, r.err = -1, nil
				}
				return r.hasty
			}
			return true
		}
	}
}

// works reports whether r can be used.
func (r *rawReader) works() bool { return r.rc != nil }

func (r *rawReader) read() (buf *Memory, n int, err error) {
	r.buf, r.n, r.err = nil, 0, nil
	err = r.rc.Read(r.fn)
	if err == nil && r.err != nil {
		err = r.err
	}
	if err == nil && r.n == 0 {
		err = io.EOF
	}
	buf, n, r.buf = r.buf, max(int(r.n), 0), nil
	if buf != nil && n == 0 {
		buf.Free()
		buf = nil
	}
	return buf, n, err
}

// rawWriter writes as much as a socket accepts without blocking.
type rawWriter struct {
	rc   syscall.RawConn // nil: not a socket
	fn   func(fd uintptr) bool
	left []byte // to be written
	err  error
}

func (w *rawWriter) init(rc syscall.RawConn) {
	w.rc = rc
	w.fn = func(fd uintptr) bool {
		for len(w.left) > 0 {
			n, err := writeNow(int(fd), w.left)
			switch {
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EAGAIN):
				return true
			case err != nil:
				w.err = err
				return true
			default:
				w.left = w.left[n:]
			}
		}
		return true
	}
}

// works reports whether w can be used.
func (w *rawWriter) works() bool { return w.rc != nil }

// write returns the number of bytes of p that the socket accepted.
func (w *rawWriter) write(p []byte) (n int, err error) {
	w.left, w.err = p, nil
	err = w.rc.Write(w.fn)
	if err == nil {
		err = w.err
	}
	n = len(p) - len(w.left)
	w.left = nil
	return n, err
}
