// Package inmemory connects two parts of a process in memory, as a socket would: two ends, each
// with a buffer for what its peer has not read yet, deadlines and half-close. A loop of
// package arrival can read an end, together with sockets and in the order of arrival.
package inmemory

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// capacity is the number of unread bytes from which on a writer waits, similar to the buffers
// of a socket.
const capacity = 256 << 10

// New returns the two ends of a new connection: local is the address of the first one and the
// peer's address of the second one, remote the other way round.
func New(local, remote net.Addr) (here, there *Conn) {
	a, b := newHalf(), newHalf()
	return newConn(a, b, local, remote), newConn(b, a, remote, local)
}

// half is one direction of a connection.
type half struct {
	mu      sync.Mutex
	data    *buffer          // unread bytes; nil: none
	read    int              // bytes of data that are read
	full    bool             // the last write was cut short
	eof     bool             // the writer has closed it
	gone    bool             // the reader has closed it
	arrived func(ended bool) // tells a loop of new data; nil: the reader waits for readable
	told    bool             // arrived was called since the last read

	readable chan struct{} // has a token when the reader should look again
	writable chan struct{} // has a token when the writer should look again
}

// buffer is pooled, so that an idle connection has none.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 1<<10)} }}

func newHalf() *half {
	return &half{readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tell makes the reader look again. h.mu is held before, and not after: what it calls may take
// locks.
func (h *half) tell() {
	arrived, ended := h.arrived, h.eof
	first := !h.told || ended
	h.told = true
	h.mu.Unlock()
	switch {
	case arrived == nil:
		wake(h.readable)
	case first:
		arrived(ended)
	}
}

// send appends as much of p as fits.
func (h *half) send(p []byte) (n int, err error) {
	h.mu.Lock()
	switch {
	case h.eof:
		h.mu.Unlock()
		return 0, net.ErrClosed
	case h.gone:
		h.mu.Unlock()
		return 0, os.NewSyscallError("write", syscall.EPIPE)
	case h.data == nil && len(p) > 0:
		h.data = buffers.Get().(*buffer)
	}
	if n = h.append(p); n == 0 {
		h.mu.Unlock()
		return 0, nil
	}
	h.tell()
	return n, nil
}

// append appends as much of p as fits to the data; h.mu is held.
func (h *half) append(p []byte) (n int) {
	if len(p) == 0 {
		return 0
	}
	d := h.data
	n = min(len(p), capacity-(len(d.b)-h.read))
	h.full = n < len(p)
	if h.read > 0 && len(d.b)+n > cap(d.b) {
		d.b = d.b[:copy(d.b, d.b[h.read:])]
		h.read = 0
	}
	d.b = append(d.b, p[:n]...)
	return n
}

// recv reads what is there. It returns -1 if the reader has to wait, and 0 at the end.
func (h *half) recv(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = false
	switch {
	case h.gone:
		return 0, net.ErrClosed
	case h.data == nil && h.eof:
		return 0, nil
	case h.data == nil:
		return -1, nil
	}
	n = copy(p, h.data.b[h.read:])
	if h.read += n; h.read == len(h.data.b) {
		h.free()
	}
	if h.full && n > 0 {
		h.full = false
		wake(h.writable)
	}
	return n, nil
}

// free returns the buffer to the pool; h.mu is held.
func (h *half) free() {
	if d := h.data; d != nil {
		d.b = d.b[:0]
		buffers.Put(d)
	}
	h.data, h.read = nil, 0
}

// waits reports whether recv would return -1.
func (h *half) waits() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.gone && !h.eof && h.data == nil
}

// closeWriter ends the stream.
func (h *half) closeWriter() {
	h.mu.Lock()
	if h.eof {
		h.mu.Unlock()
		return
	}
	h.eof = true
	h.tell()
}

// closeReader drops unread bytes and makes further writes fail.
func (h *half) closeReader() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone, h.arrived = true, nil
	h.free()
	wake(h.readable)
	wake(h.writable)
}

// size returns the number of unread bytes.
func (h *half) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.data == nil {
		return 0
	}
	return len(h.data.b) - h.read
}

// Conn is one end of a connection. It is safe for concurrent use.
type Conn struct {
	in, out       *half
	local, remote net.Addr
	readMu        sync.Mutex // one Read at a time, one Write at a time
	writeMu       sync.Mutex
	readDeadline  Deadline
	writeDeadline Deadline
	once          sync.Once
	closed        chan struct{}
}

func newConn(in, out *half, local, remote net.Addr) *Conn {
	return &Conn{
		in: in, out: out, local: local, remote: remote,
		readDeadline: NewDeadline(), writeDeadline: NewDeadline(),
		closed: make(chan struct{}),
	}
}

// Notify makes the connection call arrived when data for TryRead have arrived, or, with ended,
// the peer has closed its side: once for all that arrives until the next TryRead, and at once
// if there is something already. The last byte counts as arrived when arrived is called, before
// the peer's write returns.
func (c *Conn) Notify(arrived func(ended bool)) {
	c.in.mu.Lock()
	c.in.arrived, c.in.told = arrived, false
	if c.in.data == nil && !c.in.eof {
		c.in.mu.Unlock()
		return
	}
	c.in.tell()
}

// TryRead returns the number of bytes read into p without waiting: 0 at the end of the stream,
// -1 if there is nothing now.
func (c *Conn) TryRead(p []byte) (n int, err error) {
	if n, err = c.in.recv(p); err != nil {
		return 0, c.opError("read", err)
	}
	return n, nil
}

// TryWrite returns the number of bytes of p that it wrote without waiting.
func (c *Conn) TryWrite(p []byte) (n int, err error) {
	if n, err = c.out.send(p); err != nil {
		return 0, c.opError("write", err)
	}
	return n, nil
}

// Unsent returns the number of bytes that the peer has not read yet.
func (c *Conn) Unsent() int { return c.out.size() }

func (c *Conn) Read(b []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	for {
		if err := c.ended(&c.readDeadline); err != nil {
			return 0, c.opError("read", err)
		}
		if len(b) == 0 {
			return 0, nil
		}
		switch n, err := c.TryRead(b); {
		case err != nil || n > 0:
			return n, err
		case n == 0:
			return 0, io.EOF
		}
		c.await(c.in.readable, &c.readDeadline)
	}
}

// WaitRead returns when Read would not wait.
func (c *Conn) WaitRead() {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	for c.ended(&c.readDeadline) == nil && c.in.waits() {
		c.await(c.in.readable, &c.readDeadline)
	}
}

func (c *Conn) Write(b []byte) (n int, err error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	for {
		if err := c.ended(&c.writeDeadline); err != nil {
			return n, c.opError("write", err)
		}
		m, err := c.TryWrite(b[n:])
		if n += m; err != nil || n == len(b) {
			return n, err
		}
		c.await(c.out.writable, &c.writeDeadline)
	}
}

// await waits for a token, the deadline or the end.
func (c *Conn) await(token <-chan struct{}, d *Deadline) {
	select {
	case <-token:
	case <-d.Passed():
	case <-c.closed:
	}
}

func (c *Conn) ended(d *Deadline) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	case <-d.Passed():
		return os.ErrDeadlineExceeded
	default:
		return nil
	}
}

// CloseWrite ends the stream to the peer, which still reads all bytes sent before and then
// io.EOF.
func (c *Conn) CloseWrite() error {
	select {
	case <-c.closed:
		return c.opError("close", net.ErrClosed)
	default:
	}
	c.out.closeWriter()
	return nil
}

// Close ends both directions. The peer still reads all bytes sent before.
func (c *Conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.out.closeWriter()
		c.in.closeReader()
		c.readDeadline.Set(time.Time{})
		c.writeDeadline.Set(time.Time{})
	})
	return nil
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets the deadline of Read and WaitRead; TryRead has none.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.readDeadline, t) }

// SetWriteDeadline sets the deadline of Write; TryWrite has none.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.writeDeadline, t) }

func (c *Conn) setDeadline(d *Deadline, t time.Time) error {
	select {
	case <-c.closed:
		return c.opError("set", net.ErrClosed)
	default:
	}
	d.Set(t)
	return nil
}

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}
