//go:build unix

package frame

import "syscall"

// tryReader reads from a socket without waiting.
type tryReader struct {
	rc  syscall.RawConn
	fn  func(fd uintptr) bool // stored here because a new closure for each read would be an allocation
	p   []byte
	n   int
	err error
}

func (t *tryReader) init(rc syscall.RawConn) bool {
	t.rc = rc
	t.fn = func(fd uintptr) bool {
		for {
			t.n, t.err = readNow(int(fd), t.p)
			switch t.err {
			case syscall.EINTR: //nolint:errorlint // as the system call returned it
				continue
			case syscall.EAGAIN: // likewise
				t.n, t.err = -1, nil
			}
			return true
		}
	}
	return true
}

// read returns the number of bytes read into p, which is not empty; 0 at the
// end of the stream, -1 if no data are available now.
func (t *tryReader) read(p []byte) (int, error) {
	t.p, t.n, t.err = p, 0, nil
	err := t.rc.Read(t.fn)
	t.p = nil
	if err == nil {
		err = t.err
	}
	if err != nil {
		return 0, err
	}
	return t.n, nil
}
