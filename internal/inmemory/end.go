package inmemory

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Half is one direction of a connection: where its writer puts bytes, and its reader takes
// them. It is safe for concurrent use.
type Half interface {
	// Send returns how many bytes of p it took without waiting.
	Send(p []byte) (n int, err error)
	// Writable returns a channel that has a token when the writer should try again.
	Writable() <-chan struct{}
	// CloseWriter ends the stream.
	CloseWriter()

	// Recv returns the number of bytes read into p, which is not empty, without waiting: 0 at
	// the end of the stream, -1 if there is nothing now.
	Recv(p []byte) (n int, err error)
	// Waits reports whether Recv would return -1.
	Waits() bool
	// Readable returns a channel that has a token when the reader should try again.
	Readable() <-chan struct{}
	// CloseReader drops unread bytes and makes further writes fail.
	CloseReader()
}

// End is one end of a connection in memory. It is safe for concurrent use.
type End struct {
	in, out       Half
	local, remote net.Addr
	readMu        sync.Mutex // one Read at a time, one Write at a time
	writeMu       sync.Mutex
	readDeadline  deadline
	writeDeadline deadline
	once          sync.Once
	closed        chan struct{}
}

// NewEnd returns the end that reads in and writes out.
func NewEnd(in, out Half, local, remote net.Addr) End {
	return End{
		in: in, out: out, local: local, remote: remote,
		readDeadline: newDeadline(), writeDeadline: newDeadline(),
		closed: make(chan struct{}),
	}
}

func (e *End) Read(b []byte) (int, error) {
	e.readMu.Lock()
	defer e.readMu.Unlock()
	for {
		if err := e.ended(&e.readDeadline); err != nil {
			return 0, e.opError("read", err)
		}
		if len(b) == 0 {
			return 0, nil
		}
		switch n, err := e.in.Recv(b); {
		case err != nil:
			return 0, e.opError("read", err)
		case n > 0:
			return n, nil
		case n == 0:
			return 0, io.EOF
		}
		e.await(e.in.Readable(), &e.readDeadline)
	}
}

// WaitRead returns when Read would not wait. frame.Reader uses it, so that an idle connection
// has no buffer.
func (e *End) WaitRead() {
	e.readMu.Lock()
	defer e.readMu.Unlock()
	for e.ended(&e.readDeadline) == nil && e.in.Waits() {
		e.await(e.in.Readable(), &e.readDeadline)
	}
}

func (e *End) Write(b []byte) (n int, err error) {
	e.writeMu.Lock()
	defer e.writeMu.Unlock()
	for {
		if err := e.ended(&e.writeDeadline); err != nil {
			return n, e.opError("write", err)
		}
		m, err := e.out.Send(b[n:])
		n += m
		if err != nil {
			return n, e.opError("write", err)
		}
		if n == len(b) {
			return n, nil
		}
		e.await(e.out.Writable(), &e.writeDeadline)
	}
}

// TryWrite writes as much as it can without waiting, nothing while Write is in progress.
// frame.Writer uses it, so that calls of one goroutine are sent in the order in which they
// are made.
func (e *End) TryWrite(b []byte) (int, error) {
	if !e.writeMu.TryLock() {
		return 0, nil
	}
	defer e.writeMu.Unlock()
	if err := e.ended(&e.writeDeadline); err != nil {
		return 0, e.opError("write", err)
	}
	n, err := e.out.Send(b)
	if err != nil {
		return n, e.opError("write", err)
	}
	return n, nil
}

// await waits for a token, the deadline or the end.
func (e *End) await(token <-chan struct{}, d *deadline) {
	select {
	case <-token:
	case <-d.passed():
	case <-e.closed:
	}
}

func (e *End) ended(d *deadline) error {
	select {
	case <-e.closed:
		return net.ErrClosed
	case <-d.passed():
		return os.ErrDeadlineExceeded
	default:
		return nil
	}
}

// IsClosed reports whether Close was called.
func (e *End) IsClosed() bool {
	select {
	case <-e.closed:
		return true
	default:
		return false
	}
}

// CloseWrite ends the stream to the peer, which still reads all bytes sent before and then
// io.EOF.
func (e *End) CloseWrite() error {
	if e.IsClosed() {
		return e.opError("close", net.ErrClosed)
	}
	e.out.CloseWriter()
	return nil
}

// Close ends both directions. The peer still reads all bytes sent before.
func (e *End) Close() error {
	e.once.Do(func() {
		close(e.closed)
		e.out.CloseWriter()
		e.in.CloseReader()
		e.readDeadline.set(time.Time{})
		e.writeDeadline.set(time.Time{})
	})
	return nil
}

// LocalAddr returns the address of this end.
func (e *End) LocalAddr() net.Addr { return e.local }

// RemoteAddr returns the address of the peer.
func (e *End) RemoteAddr() net.Addr { return e.remote }

// SetDeadline sets both deadlines.
func (e *End) SetDeadline(t time.Time) error {
	if err := e.SetReadDeadline(t); err != nil {
		return err
	}
	return e.SetWriteDeadline(t)
}

// SetReadDeadline sets the deadline of Read and WaitRead.
func (e *End) SetReadDeadline(t time.Time) error { return e.setDeadline(&e.readDeadline, t) }

// SetWriteDeadline sets the deadline of Write and TryWrite.
func (e *End) SetWriteDeadline(t time.Time) error { return e.setDeadline(&e.writeDeadline, t) }

func (e *End) setDeadline(d *deadline, t time.Time) error {
	if e.IsClosed() {
		return e.opError("set", net.ErrClosed)
	}
	d.set(t)
	return nil
}

func (e *End) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: e.local.Network(), Source: e.local, Addr: e.remote, Err: err}
}

// Wake gives c, which has room for one, a token.
func Wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
