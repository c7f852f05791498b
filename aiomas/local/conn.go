package local

import (
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/aiomas-go/aiomas-go/internal/inmemory"
)

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

// release lets the reader have one more chunk. It returns false if there is none.
func (p *pipe) release() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return false
	}
	p.released++
	inmemory.Wake(p.readable)
	return true
}

// Send appends as much of b as fits. This and the methods below implement [inmemory.Half].
func (p *pipe) Send(b []byte) (n int, err error) {
	p.mu.Lock()
	if p.cut {
		p.mu.Unlock()
		return 0, os.NewSyscallError("write", syscall.ECONNRESET)
	}
	if p.gone || p.eof {
		p.mu.Unlock()
		return 0, io.ErrClosedPipe
	}
	n = min(len(b), inmemory.Capacity-p.size)
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

// Waits reports whether Recv would return -1.
func (p *pipe) Waits() bool {
	p.again()
	defer p.mu.Unlock()
	return !p.cut && p.released == 0 && (!p.eof || len(p.chunks) > 0)
}

// Recv reads released bytes. It returns 0 at the end, -1 if the reader has to wait.
func (p *pipe) Recv(b []byte) (n int, err error) {
	p.again()
	defer p.mu.Unlock()
	if p.cut {
		return 0, os.NewSyscallError("read", syscall.ECONNRESET)
	}
	if p.released == 0 {
		if p.eof && len(p.chunks) == 0 {
			return 0, nil
		}
		return -1, nil
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
	inmemory.Wake(p.writable)
	return n, nil
}

// CloseWriter ends the stream.
func (p *pipe) CloseWriter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eof = true
	inmemory.Wake(p.readable)
	inmemory.Wake(p.writable)
}

// CloseReader drops unread bytes and makes further writes fail.
func (p *pipe) CloseReader() {
	p.mu.Lock()
	p.gone = true
	p.chunks, p.size, p.released = nil, 0, 0
	inmemory.Wake(p.readable)
	inmemory.Wake(p.writable)
	p.mu.Unlock()
	p.line.leave(p)
}

// reset drops unread bytes and makes both ends fail.
func (p *pipe) reset() {
	p.mu.Lock()
	p.cut = true
	p.chunks, p.size, p.released = nil, 0, 0
	inmemory.Wake(p.readable)
	inmemory.Wake(p.writable)
	p.mu.Unlock()
	p.line.leave(p)
}

// Writable returns a channel that has a token when Send should be called again.
func (p *pipe) Writable() <-chan struct{} { return p.writable }

// Readable returns a channel that has a token when Recv should be called again.
func (p *pipe) Readable() <-chan struct{} { return p.readable }

// conn is one end of a connection. It is not a frame.Pipe, whose writes are delayed.
type conn struct{ inmemory.End }

func newConn(in, out *pipe, local, remote addr) *conn {
	return &conn{inmemory.NewEnd(in, out, local, remote)}
}
