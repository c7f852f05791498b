package record

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// Passages joins pairs of connections, and passes on the data that arrive on them in the order of arrival
// over all connections, like a single event loop. So it preserves the order of calls on different
// connections. It reads plain TCP and Unix sockets in this way, on Linux only. Other connections, for example
// those with TLS, are read by one goroutine each. The zero value is ready to use. It is safe for concurrent
// use.
type Passages struct {
	// WriteTimeout limits the time in which an end accepts none of the data pending for it; then both ends are
	// reset. 0 means no limit. It must not be changed after the first Join.
	WriteTimeout time.Duration

	loop arrival.Loop
	buf  []byte // of the loop's goroutine
}

const (
	pieceSize = 64 << 10
	// mostWaiting is the maximum number of pending bytes for an end. If more are pending, the other end is not
	// read.
	mostWaiting = 256 << 10
)

// Join reads both connections until both streams or ctx have ended; it closes them when the pending data have
// been written. take is called with each piece of data, which it must not keep, and once for the end of each
// stream, with the error: io.EOF if the peer has closed its side. It writes with [End.Write], and must not
// block: all sockets that are read in the order of arrival would wait for it.
func (p *Passages) Join(ctx context.Context, client, server net.Conn, take func(from *End, data []byte, err error)) {
	w := &passage{p: p, take: take}
	for side, conn := range []net.Conn{client, server} {
		w.ends[side] = &End{passage: w, side: Side(side), conn: conn, sock: frame.NewSocket(conn)}
		w.ends[side].changed.L = &w.ends[side].mu
	}
	w.readers.Add(2)
	stop := context.AfterFunc(ctx, func() {
		for _, e := range w.ends {
			e.close(net.ErrClosed)
		}
	})
	for _, e := range w.ends {
		if e.sock == nil || p.loop.Add(e, e.sock.Conn()) != nil {
			go e.read()
		}
	}
	w.readers.Wait()
	w.writers.Wait()
	stop()
	_, _ = client.Close(), server.Close()
}

// passage is a pair of joined connections.
type passage struct {
	p       *Passages
	ends    [2]*End
	readers sync.WaitGroup
	writers sync.WaitGroup

	mu   sync.Mutex // guards take
	take func(*End, []byte, error)
}

// End is one of two joined connections. It is safe for concurrent use.
type End struct {
	passage *passage
	side    Side
	conn    net.Conn
	sock    *frame.Socket // nil: it cannot be read and written without waiting

	// Fields of the goroutine that reads.
	hungUp bool // the peer has ended its stream, which must be read to its end
	over   bool // take was called with the error

	mu      sync.Mutex
	changed sync.Cond // the following fields have changed
	waiting []byte    // pending bytes
	writing bool      // a goroutine is writing
	ending  bool      // end the stream after the pending bytes
	closing bool      // then also close the connection
	err     error     // the reason if it is closed
	stalled []*End    // ends that are not read while too much is pending here
}

// Side returns the side of the end.
func (e *End) Side() Side { return e.side }

// Other returns the other end.
func (e *End) Other() *End { return e.passage.ends[e.side.Other()] }

// Pending returns the number of bytes that have not been written yet.
func (e *End) Pending() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.waiting)
}

// Write writes b without waiting; bytes that the connection does not accept at once are pending. If writing
// fails, both ends are reset.
func (e *End) Write(b []byte) {
	if err := e.write(b); err != nil {
		e.failed(err)
	}
}

func (e *End) write(b []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil || e.ending {
		return nil
	}
	if e.sock != nil && !e.writing {
		n, err := e.sock.Write(b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	if len(b) > 0 {
		e.waiting = append(e.waiting, b...)
		e.writeLater()
	}
	return nil
}

// CloseWrite ends the stream to this end after the pending bytes. If the connection does not support that, it
// is closed.
func (e *End) CloseWrite() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ending = true
	e.writeLater()
}

// Close closes the connection after the pending bytes have been written.
func (e *End) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ending, e.closing = true, true
	e.writeLater()
}

// writeLater starts a goroutine that writes the pending bytes, unless one is running; e.mu is held.
func (e *End) writeLater() {
	if !e.writing {
		e.writing = true
		e.passage.writers.Go(e.drain)
	}
}

// drain writes until no bytes are pending.
func (e *End) drain() {
	for {
		piece := e.next()
		if piece == nil {
			e.end()
			return
		}
		if d := e.passage.p.WriteTimeout; d > 0 {
			_ = e.conn.SetWriteDeadline(time.Now().Add(d))
		}
		n, err := e.conn.Write(piece)
		e.wrote(n)
		if err != nil {
			e.failed(err)
			return
		}
	}
}

// next returns the next bytes to write, or nil if no bytes are to be written.
func (e *End) next() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == 0 || e.err != nil {
		e.writing = false
		return nil
	}
	return e.waiting[:min(pieceSize, len(e.waiting))]
}

// end ends the stream or closes the connection, if CloseWrite or Close was called.
func (e *End) end() {
	e.mu.Lock()
	ending, closing := e.ending && e.err == nil, e.closing
	e.mu.Unlock()
	if ending && (closing || closeWrite(e.conn) != nil) {
		e.close(net.ErrClosed)
	}
}

func (e *End) wrote(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting = e.waiting[n:]; len(e.waiting) == 0 {
		e.waiting = nil
	}
	if len(e.waiting) <= mostWaiting/2 {
		e.goOn()
	}
}

// goOn resumes reading the ends that were stalled by e; e.mu is held.
func (e *End) goOn() {
	for _, s := range e.stalled {
		e.passage.p.loop.Again(s)
	}
	e.stalled = nil
	e.changed.Broadcast()
}

// Reset closes the connection so that its peer sees an error.
func (e *End) Reset() { e.reset(net.ErrClosed) }

func (e *End) reset(err error) {
	if c, ok := e.conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	e.close(err)
}

// failed resets both ends after a failed write.
func (e *End) failed(err error) {
	e.mu.Lock()
	gone := e.err != nil // it was already closed here, which caused the error
	e.mu.Unlock()
	if gone {
		return
	}
	e.Other().reset(err)
	e.reset(err)
}

// close closes the connection. take is called with err, unless the stream has already ended.
func (e *End) close(err error) {
	e.mu.Lock()
	first := e.err == nil
	if first {
		e.err = err
	}
	e.goOn()
	e.mu.Unlock()
	if first && e.sock != nil {
		e.passage.p.loop.Remove(e, e.sock.Conn()) // before it is closed
	}
	_ = e.conn.Close()
}

// Ready implements [arrival.Source].
func (e *End) Ready(ended bool) (more, replaced bool) {
	e.hungUp = e.hungUp || ended
	if e.over || e.Other().stalls(e) {
		return false, false
	}
	p := e.passage.p
	if p.buf == nil {
		p.buf = make([]byte, pieceSize)
	}
	n, err := e.sock.Read(p.buf)
	switch {
	case err == nil && n < 0:
		return false, false
	case err == nil && n == 0:
		err = io.EOF
	case err != nil:
		err = e.readError(err)
	}
	if err != nil {
		e.took(nil, err)
		p.loop.Remove(e, e.sock.Conn())
		return false, false
	}
	e.took(p.buf[:n], nil)
	return (n == len(p.buf) || e.hungUp) && !e.Other().stalls(e), false
}

// Removed implements [arrival.Source].
func (e *End) Removed() {
	if !e.over {
		e.mu.Lock()
		err := e.err
		e.mu.Unlock()
		e.took(nil, e.readError(err))
	}
	e.passage.readers.Done()
}

// readError returns err in the form of package net.
func (e *End) readError(err error) error {
	if _, ok := err.(*net.OpError); ok { //nolint:errorlint // as it was made
		return err
	}
	return &net.OpError{Op: "read", Net: e.conn.LocalAddr().Network(), Source: e.conn.LocalAddr(), Addr: e.conn.RemoteAddr(), Err: err}
}

func (e *End) took(data []byte, err error) {
	e.over = err != nil
	e.passage.mu.Lock()
	defer e.passage.mu.Unlock()
	e.passage.take(e, data, err)
}

// stalls reports whether from must not be read, because too much is pending for e. Reading it is resumed
// later.
func (e *End) stalls(from *End) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) <= mostWaiting || e.err != nil {
		return false
	}
	if !slices.Contains(e.stalled, from) {
		e.stalled = append(e.stalled, from)
	}
	return true
}

// read reads the connection in a goroutine of its own.
func (e *End) read() {
	defer e.passage.readers.Done()
	buf := make([]byte, pieceSize)
	for {
		n, err := e.conn.Read(buf)
		if n > 0 {
			e.took(buf[:n], nil)
			e.Other().room()
		}
		if err != nil {
			e.mu.Lock()
			if e.err != nil && e.err != net.ErrClosed { //nolint:errorlint // as it was set
				err = e.err
			}
			e.mu.Unlock()
			e.took(nil, err)
			return
		}
	}
}

// room waits until fewer bytes are pending for e.
func (e *End) room() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.waiting) > mostWaiting && e.err == nil {
		e.changed.Wait()
	}
}
