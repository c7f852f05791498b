package frame

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// bufferSize is the maximum size of one read; frames up to it are returned in
// place. It is also the most memory that an announced length can make the reader
// allocate, before the peer has sent larger frames. A frame with a payload of 64
// KiB fits.
const bufferSize = 72 << 10

// A payload of this size or more is handed over with its buffer, so that it
// need not be copied.
const ownSize = bufferSize / 2

// Reader reads frames. It is owned by one goroutine.
//
// A connection that waits for its next frame has no buffer (thousands of idle agents
// are normal): the buffer is taken from a pool when the socket becomes readable, when
// a [ReadWaiter] returns, or, for other connections, when the frame's header has come.
//
// Its size is 128 bytes on 64-bit systems, two cache lines: with a thousand
// connections and one call at a time on each, every cache line used is a miss.
type Reader struct {
	raw      rawReader // else plain conn.Read
	buf      *Memory
	r, w     int // the unread part of buf
	limit    int64
	idle     time.Duration // for the first byte of the next frame; 0: none
	deadline bool          // a read deadline is set
	waits    bool          // conn is a ReadWaiter
	reads    uint8         // number of reads since renewBeat
	largest  int32         // largest payload received, of those whose memory is pooled
	conn     net.Conn
	timeout  time.Duration // for progress within a begun frame
}

// NewReader returns a reader of conn with a limit on the payload.
func NewReader(conn net.Conn, limit int64, timeout, idle time.Duration) *Reader {
	r := &Reader{conn: conn, limit: limit, timeout: timeout, idle: idle}
	if rc := socket(conn); rc != nil {
		r.raw.init(rc)
	}
	if r.raw.works() {
		return r
	}
	if _, ok := conn.(ReadWaiter); !ok {
		r.conn = &peeking{Conn: conn}
	}
	r.waits = true
	return r
}

// ReadWaiter is a connection other than a socket that can wait without a
// buffer, so that the reader needs no buffer while it waits.
type ReadWaiter interface {
	// WaitRead returns when Read would not block: when there are bytes or an error
	// for Read to return.
	WaitRead()
}

// Next returns the payload of the next frame. If mem is not nil, it holds the
// payload and belongs to the caller, which may Free it; otherwise the payload
// is valid only until the next call. The error is io.EOF at the end of the
// stream between frames, io.ErrUnexpectedEOF within one, a [*TooLargeError], or
// an error of the connection. After a timeout the reader is usable if Buffered
// returns 0.
func (r *Reader) Next() (payload []byte, mem *Memory, err error) {
	for r.w-r.r < HeaderSize {
		if err := r.fill(); err != nil {
			return nil, nil, r.eof(err)
		}
	}
	head := r.buf.b[r.r : r.r+HeaderSize]
	size := binary.BigEndian.Uint32(head)
	if int64(size) > r.limit {
		return nil, nil, &TooLargeError{Size: uint64(size), Limit: r.limit, Head: [HeaderSize]byte(head)}
	}
	n := int(size)
	if n > bufferSize-HeaderSize {
		mem, err = r.large(n)
		if err != nil {
			return nil, nil, err
		}
		return mem.b, mem, nil
	}
	for r.w-r.r < HeaderSize+n {
		if err := r.fill(); err != nil {
			return nil, nil, r.eof(err)
		}
	}
	r.progress(false)
	end := r.r + HeaderSize + n
	payload = r.buf.b[r.r+HeaderSize : end]
	if n >= ownSize && r.r == 0 { // no payload before it is in the buffer
		return payload, r.cede(end), nil
	}
	r.r = end
	return payload, nil, nil
}

// Raw reports whether the connection is a socket that is read by raw system calls, so that Await and Try can
// be used.
func (r *Reader) Raw() bool { return r.raw.works() }

// Await waits until the first bytes of the next frame have been read.
func (r *Reader) Await() error {
	if r.Begun() {
		return nil
	}
	return r.fill()
}

// Try reads once, without waiting. It reports whether bytes have been read.
func (r *Reader) Try() (some bool, err error) {
	if !r.Begun() {
		r.raw.hasty = true
		err = r.fill()
		r.raw.hasty = false
	}
	return r.Begun(), err
}

// cede returns the buffer, which now belongs to the caller, and moves the bytes
// from end on to a new buffer.
func (r *Reader) cede(end int) *Memory {
	old, rest := r.buf, r.buf.b[end:r.w]
	r.buf, r.r, r.w = nil, 0, 0
	if len(rest) > 0 {
		r.buf = newReadBuffer()
		r.w = copy(r.buf.b, rest)
	}
	return old
}

// More reports whether another frame has already been read: Next will return it at
// once, and the payload returned before stays valid.
func (r *Reader) More() bool {
	n := r.w - r.r - HeaderSize
	return n >= 0 && int64(binary.BigEndian.Uint32(r.buf.b[r.r:])) <= int64(n)
}

// Buffered returns the number of bytes of a begun frame.
func (r *Reader) Buffered() int { return r.w - r.r }

// Begun reports whether part of a frame has been received.
func (r *Reader) Begun() bool { return r.w > r.r }

// Release returns the buffer to the pool. The reader must not be used afterwards.
func (r *Reader) Release() {
	if r.buf != nil {
		r.buf.Free()
		r.buf = nil
	}
	r.r, r.w = 0, 0
}

// large reads a payload that does not fit the buffer.
func (r *Reader) large(n int) (*Memory, error) {
	m := r.beginLarge(n)
	for len(m.b) < n {
		r.progress(true)
		room := m.room(n)
		k, err := r.conn.Read(room)
		m.b = m.b[:len(m.b)+k]
		if err != nil && len(m.b) < n {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	r.progress(false)
	r.endLarge(m)
	return m, nil
}

// beginLarge returns memory for a payload of n bytes that does not fit the buffer,
// with the bytes of it received so far. Beyond pooled memory and the size of the
// largest earlier payload, memory grows with the bytes received, not with the
// length announced.
func (r *Reader) beginLarge(n int) *Memory {
	m := takePayload(n)
	m.b = m.b[:0]
	if cap(m.b) < bufferSize { // none was pooled
		m.grow(max(bufferSize, min(n, int(r.largest))))
	}
	m.b = append(m.b, r.buf.b[r.r+HeaderSize:r.w]...)
	r.Release()
	return m
}

// endLarge records that the payload in m is complete.
func (r *Reader) endLarge(m *Memory) {
	if n := len(m.b); n <= maxPooled {
		r.largest = max(r.largest, int32(n))
	}
	m.loan.Size = cap(m.b)
}

// room returns the memory for the next bytes of a payload of n bytes.
func (m *Memory) room(n int) []byte {
	if len(m.b) == cap(m.b) {
		m.grow(min(n, 4*cap(m.b)))
	}
	return m.b[len(m.b):min(n, cap(m.b))]
}

// fill reads once into the buffer.
func (r *Reader) fill() error {
	if r.r == r.w {
		r.r, r.w = 0, 0
		r.await()
		if r.raw.works() {
			if r.buf != nil {
				r.buf.Free()
				r.buf = nil
			}
			var err error
			r.buf, r.w, err = r.raw.read()
			r.countRead()
			return err
		}
		if r.waits {
			r.Release()
			r.conn.(ReadWaiter).WaitRead()
		}
		if r.buf == nil {
			r.buf = newReadBuffer()
		}
	} else {
		r.progress(true)
		if r.r > 0 { // make room: less than one frame is left
			r.w = copy(r.buf.b, r.buf.b[r.r:r.w])
			r.r = 0
		}
	}
	n, err := r.conn.Read(r.buf.b[r.w:])
	r.w += n
	if n > 0 {
		return nil
	}
	return err
}

// countRead is called after a read without waiting, and now and then renews the beat.
func (r *Reader) countRead() {
	if r.reads++; r.reads >= renewAfter {
		r.reads = 0
		renewBeat()
	}
}

// progress sets the deadline for the next bytes of a begun frame, or removes
// it. Most frames arrive complete and need no deadline.
func (r *Reader) progress(begun bool) {
	switch {
	case begun && r.timeout > 0:
		_ = r.conn.SetReadDeadline(time.Now().Add(r.timeout))
		r.deadline = true
	case !begun && r.deadline:
		_ = r.conn.SetReadDeadline(time.Time{})
		r.deadline = false
	}
}

// await sets the idle deadline before waiting for the next frame.
func (r *Reader) await() {
	if r.idle > 0 {
		_ = r.conn.SetReadDeadline(time.Now().Add(r.idle))
		r.deadline = true
	}
}

func (r *Reader) eof(err error) error {
	if errors.Is(err, io.EOF) && r.Buffered() > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
