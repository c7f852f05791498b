package frame

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// ErrNotYet means that no complete frame is available now.
var ErrNotYet = errors.New("no whole frame has come yet")

// TryReader reads frames from a socket or a [Pipe] without waiting, for one goroutine that
// reads many sockets. It is owned by that goroutine.
//
// A socket is read until a read returns less than the buffer has room for. Data
// that arrives later causes a new event of the socket; see Ready.
type TryReader struct {
	r       Reader
	raw     tryReader
	pipe    Pipe    // instead of raw; nil: none
	drained bool    // no more data were available when the socket was last read
	ended   bool    // the peer has ended its side; read until EOF
	large   *Memory // a begun payload that does not fit the buffer; nil: none
	size    int     // of large
}

// NewTryReader returns a reader of conn with a limit on the payload, or nil if conn
// is neither a socket that can be read without waiting nor a [Pipe].
func NewTryReader(conn net.Conn, limit int64) *TryReader {
	t := &TryReader{r: Reader{conn: conn, limit: limit}, drained: true}
	if p, ok := conn.(Pipe); ok {
		t.pipe = p
		return t
	}
	if rc := socket(conn); rc == nil || !t.raw.init(rc) {
		return nil
	}
	return t
}

// Ready must be called on each event: the socket has become readable, or, with
// ended, the peer has ended its side or the connection is broken.
func (t *TryReader) Ready(ended bool) {
	t.drained = false
	t.ended = t.ended || ended
}

// Next returns the payload of the next frame as [Reader.Next] does, or ErrNotYet.
func (t *TryReader) Next() (payload []byte, mem *Memory, err error) {
	if t.large != nil {
		return t.nextLarge()
	}
	r := &t.r
	for r.w-r.r < HeaderSize {
		if err := t.fill(); err != nil {
			return nil, nil, err
		}
	}
	head := r.buf.b[r.r : r.r+HeaderSize]
	size := binary.BigEndian.Uint32(head)
	if int64(size) > r.limit {
		return nil, nil, &TooLargeError{Size: uint64(size), Limit: r.limit, Head: [HeaderSize]byte(head)}
	}
	if int(size) > bufferSize-HeaderSize {
		t.size, t.large = int(size), r.beginLarge(int(size))
		return t.nextLarge()
	}
	for r.w-r.r < HeaderSize+int(size) {
		if err := t.fill(); err != nil {
			return nil, nil, err
		}
	}
	return r.Next() // which has received all of the frame
}

func (t *TryReader) nextLarge() ([]byte, *Memory, error) {
	m := t.large
	for len(m.b) < t.size {
		n, err := t.read(m.room(t.size))
		if err != nil {
			return nil, nil, err
		}
		m.b = m.b[:len(m.b)+n]
	}
	t.r.endLarge(m)
	t.large = nil
	return m.b, m, nil
}

// fill reads once into the buffer.
func (t *TryReader) fill() error {
	r := &t.r
	if r.r == r.w {
		r.r, r.w = 0, 0
	} else if r.r > 0 {
		r.w = copy(r.buf.b, r.buf.b[r.r:r.w])
		r.r = 0
	}
	if t.drained {
		if r.w == 0 {
			r.Release()
		}
		return ErrNotYet
	}
	if r.buf == nil {
		r.buf = newReadBuffer()
	}
	n, err := t.read(r.buf.b[r.w:])
	r.countRead()
	r.w += n
	if r.w == 0 {
		r.Release()
	}
	return err
}

// read reads once, unless the socket is known to have no data.
func (t *TryReader) read(p []byte) (int, error) {
	if t.drained {
		return 0, ErrNotYet
	}
	n, err := t.readNow(p)
	switch {
	case err != nil:
		return 0, err
	case n < 0:
		t.drained = true
		return 0, ErrNotYet
	case n == 0 && t.Begun():
		return 0, io.ErrUnexpectedEOF
	case n == 0:
		return 0, io.EOF
	}
	// Data that arrive from now on cause another event. An end of stream that
	// arrived with these bytes does not.
	t.drained = n < len(p) && !t.ended
	return n, nil
}

// readNow returns the number of bytes read into p; 0 at the end of the stream, -1 if no
// data are available now.
func (t *TryReader) readNow(p []byte) (int, error) {
	if t.pipe == nil {
		return t.raw.read(p)
	}
	keepBeating()
	return t.pipe.TryRead(p)
}

// More reports whether another frame has already been read: Next will return it
// at once, and the payload returned before stays valid.
func (t *TryReader) More() bool { return t.large == nil && t.r.More() }

// Drained reports whether, once More returns false, Next will return ErrNotYet until
// the next event.
func (t *TryReader) Drained() bool { return t.drained }

// Begun reports whether part of a frame has been received.
func (t *TryReader) Begun() bool { return t.large != nil || t.r.Buffered() > 0 }

// Release returns the memory to the pool. The reader must not be used afterwards.
func (t *TryReader) Release() {
	t.r.Release()
	if t.large != nil {
		t.large.Free()
		t.large = nil
	}
}
