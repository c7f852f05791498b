package local

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/inmemory"
)

// capacity is the number of bytes that one direction buffers before its writer
// waits, similar to the buffers of a socket.
const capacity = 256 << 10

// pipe is one direction of a connection.
type pipe struct {
	line    *line
	stalled bool // the reader has lost its turn in line; guarded by line.mu

	mu       sync.Mutex
	chunks   [][]byte      // sent but not read
	size     int           // of chunks
	released int           // chunks that may be read
	begun    bool          // the reader has not finished its chunk
	eof      bool          // the writer is closed
	gone     bool          // the reader is closed
	cut      bool          // the connection was cut
	ends     [2]string     // from, to
	number   int           // of the connection
	readable chan struct{} // has a token when the reader should look again
	writable chan struct{} // has a token when the writer should look again
}

func newPipe(l *line) *pipe {
	return &pipe{line: l, readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// release lets the reader have one more chunk. It returns false if there is none.
func (p *pipe) release() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return false
	}
	p.released++
	wake(p.readable)
	return true
}

// send appends as much of b as fits.
func (p *pipe) send(b []byte) (n int, err error) {
	p.mu.Lock()
	if p.cut {
		p.mu.Unlock()
		return 0, os.NewSyscallError("write", syscall.ECONNRESET)
	}
	if p.gone || p.eof {
		p.mu.Unlock()
		return 0, io.ErrClosedPipe
	}
	n = min(len(b), capacity-p.size)
	if n > 0 {
		p.chunks = append(p.chunks, append([]byte(nil), b[:n]...))
		p.size += n
	}
	p.mu.Unlock()
	if n > 0 {
		p.line.add(p)
	}
	return n, nil
}

// again is called when the reader reads again, which means that it has finished its chunk.
// p.mu is held afterwards.
func (p *pipe) again() {
	p.mu.Lock()
	if p.begun && p.released == 0 {
		p.begun = false
		p.mu.Unlock()
		p.line.over(p)
		p.mu.Lock()
	}
}

// waits reports whether recv would return 0, nil.
func (p *pipe) waits() bool {
	p.again()
	defer p.mu.Unlock()
	return !p.cut && p.released == 0 && (!p.eof || len(p.chunks) > 0)
}

// recv reads released bytes. It returns 0, nil if the reader has to wait.
func (p *pipe) recv(b []byte) (n int, err error) {
	p.again()
	defer p.mu.Unlock()
	if p.cut {
		return 0, os.NewSyscallError("read", syscall.ECONNRESET)
	}
	if p.released == 0 {
		if p.eof && len(p.chunks) == 0 {
			return 0, io.EOF
		}
		return 0, nil
	}
	p.begun = true
	n = copy(b, p.chunks[0])
	p.chunks[0] = p.chunks[0][n:]
	if len(p.chunks[0]) == 0 {
		p.chunks[0] = nil
		p.chunks = p.chunks[1:]
		p.released--
	}
	p.size -= n
	wake(p.writable)
	return n, nil
}

// closeWriter ends the stream.
func (p *pipe) closeWriter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eof = true
	wake(p.readable)
	wake(p.writable)
}

// closeReader drops unread bytes and makes further writes fail.
func (p *pipe) closeReader() {
	p.mu.Lock()
	p.gone = true
	p.chunks, p.size, p.released = nil, 0, 0
	wake(p.readable)
	wake(p.writable)
	p.mu.Unlock()
	p.line.leave(p)
}

// reset drops unread bytes and makes both ends fail.
func (p *pipe) reset() {
	p.mu.Lock()
	p.cut = true
	p.chunks, p.size, p.released = nil, 0, 0
	wake(p.readable)
	wake(p.writable)
	p.mu.Unlock()
	p.line.leave(p)
}

// conn is one end of a connection.
type conn struct {
	in, out       *pipe
	local, remote addr
	readMu        sync.Mutex // one Read at a time, one Write at a time
	writeMu       sync.Mutex
	readDeadline  inmemory.Deadline
	writeDeadline inmemory.Deadline
	once          sync.Once
	closed        chan struct{}
}

func newConn(in, out *pipe, local, remote addr) *conn {
	return &conn{
		in: in, out: out, local: local, remote: remote,
		readDeadline: inmemory.NewDeadline(), writeDeadline: inmemory.NewDeadline(),
		closed: make(chan struct{}),
	}
}

func (c *conn) Read(b []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	for {
		if err := c.ended(&c.readDeadline); err != nil {
			return 0, c.opError("read", err)
		}
		n, err := c.in.recv(b)
		switch {
		case err == io.EOF: //nolint:errorlint // never wrapped, and must not be
			return n, err
		case err != nil:
			return n, c.opError("read", err)
		case n > 0 || len(b) == 0:
			return n, nil
		}
		select {
		case <-c.in.readable:
		case <-c.readDeadline.Passed():
		case <-c.closed:
		}
	}
}

// WaitRead returns when Read would not wait. frame.Reader uses it, so that an idle
// connection has no buffer.
func (c *conn) WaitRead() {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	for c.ended(&c.readDeadline) == nil && c.in.waits() {
		select {
		case <-c.in.readable:
		case <-c.readDeadline.Passed():
		case <-c.closed:
		}
	}
}

func (c *conn) Write(b []byte) (n int, err error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	for {
		if err := c.ended(&c.writeDeadline); err != nil {
			return n, c.opError("write", err)
		}
		m, err := c.out.send(b[n:])
		n += m
		if err != nil {
			return n, c.opError("write", err)
		}
		if n == len(b) {
			return n, nil
		}
		select {
		case <-c.out.writable:
		case <-c.writeDeadline.Passed():
		case <-c.closed:
		}
	}
}

// TryWrite writes as much as it can without waiting. frame.Writer uses it, so
// that calls of one goroutine are sent in the order in which they are made.
func (c *conn) TryWrite(b []byte) (int, error) {
	if !c.writeMu.TryLock() {
		return 0, nil
	}
	defer c.writeMu.Unlock()
	if err := c.ended(&c.writeDeadline); err != nil {
		return 0, c.opError("write", err)
	}
	n, err := c.out.send(b)
	if err != nil {
		return n, c.opError("write", err)
	}
	return n, nil
}

func (c *conn) ended(d *inmemory.Deadline) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	case <-d.Passed():
		return os.ErrDeadlineExceeded
	default:
		return nil
	}
}

func (c *conn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// CloseWrite ends the stream to the peer, which still reads all bytes sent before and
// then io.EOF.
func (c *conn) CloseWrite() error {
	if c.isClosed() {
		return c.opError("close", net.ErrClosed)
	}
	c.out.closeWriter()
	return nil
}

// Close ends both directions. The peer still reads all bytes sent before.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.out.closeWriter()
		c.in.closeReader()
		c.readDeadline.Set(time.Time{})
		c.writeDeadline.Set(time.Time{})
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.setDeadline(&c.readDeadline, t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.writeDeadline, t) }

func (c *conn) setDeadline(d *inmemory.Deadline, t time.Time) error {
	select {
	case <-c.closed:
		return c.opError("set", net.ErrClosed)
	default:
	}
	d.Set(t)
	return nil
}

func (c *conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "local", Source: c.local, Addr: c.remote, Err: err}
}
