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

// Passages joins connections, two at a time, and hands over what arrives on them in the order in which it arrives on all
// of them, as one event loop in the middle does: so the order of two calls by two connections stays what it was. It reads
// plain TCP and Unix sockets in this way, on Linux. Others, those with TLS for example, are read by goroutines of their
// own. The zero value is ready. It is safe for concurrent use.
type Passages struct {
	// WriteTimeout is how long an end may take none of what waits for it before both are reset; 0 is for ever. It must
	// not be changed after the first Join.
	WriteTimeout time.Duration

	loop arrival.Loop
	buf  []byte // of the loop's goroutine
}

const (
	pieceSize = 64 << 10
	// mostWaiting is how many bytes may wait for an end. Past it, nothing is read from the other one.
	mostWaiting = 256 << 10
)

// Join reads both connections until both streams have ended, or ctx has, and closes them when what waits to be written
// has left. take gets each piece of data, which it must not keep, and at the end of a stream the error: io.EOF in order.
// It writes with [End.Write], and must not wait: with sockets that are read in the order of arrival, all wait for it.
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

// passage is two connections.
type passage struct {
	p       *Passages
	ends    [2]*End
	readers sync.WaitGroup
	writers sync.WaitGroup

	mu   sync.Mutex // of take
	take func(*End, []byte, error)
}

// End is one of two connections that are joined. It is safe for concurrent use.
type End struct {
	passage *passage
	side    Side
	conn    net.Conn
	sock    *frame.Socket // nil: it cannot be read and written without waiting

	// Of the goroutine that reads.
	hungUp bool // the peer has ended its stream: it is to be read to its end
	over   bool // take has the error

	mu      sync.Mutex
	changed sync.Cond // of what follows
	waiting []byte    // to be written
	writing bool      // a goroutine does it
	ending  bool      // the stream ends after that
	closing bool      // and so does the connection
	err     error     // why it is closed
	stalled []*End    // are not read until less waits here
}

// Side returns which end it is.
func (e *End) Side() Side { return e.side }

// Other returns the other end.
func (e *End) Other() *End { return e.passage.ends[e.side.Other()] }

// Pending returns how many bytes wait to be written.
func (e *End) Pending() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.waiting)
}

// Write writes b, or what there is no room for later, and does not wait. If that fails, both ends are reset.
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

// CloseWrite ends the stream to this end after what waits; without a way to do that, it is closed.
func (e *End) CloseWrite() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ending = true
	e.writeLater()
}

// Close closes the connection after what waits has been written.
func (e *End) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ending, e.closing = true, true
	e.writeLater()
}

// writeLater has a goroutine write what waits; e.mu is held.
func (e *End) writeLater() {
	if !e.writing {
		e.writing = true
		e.passage.writers.Go(e.drain)
	}
}

// drain writes until nothing waits.
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

// next returns what is to be written next; nil says that nothing is.
func (e *End) next() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == 0 || e.err != nil {
		e.writing = false
		return nil
	}
	return e.waiting[:min(pieceSize, len(e.waiting))]
}

// end ends the stream or the connection, if that is to be.
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

// goOn has those read again that were not because of e; e.mu is held.
func (e *End) goOn() {
	for _, s := range e.stalled {
		e.passage.p.loop.Again(s)
	}
	e.stalled = nil
	e.changed.Broadcast()
}

// Reset closes the connection so that its peer sees that something went wrong.
func (e *End) Reset() {
	if c, ok := e.conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	e.close(net.ErrClosed)
}

// failed ends both, after a failed write.
func (e *End) failed(err error) {
	e.mu.Lock()
	gone := e.err != nil // it was closed here, which is why
	e.mu.Unlock()
	if gone {
		return
	}
	for _, end := range []*End{e.Other(), e} {
		if c, ok := end.conn.(*net.TCPConn); ok {
			_ = c.SetLinger(0)
		}
		end.close(err)
	}
}

// close closes the connection; err is what take gets, unless the stream has ended before.
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

// readError is err as package net returns it.
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

// stalls tells whether from is not to be read because too much waits for e. It is then read again later.
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

// read reads in a goroutine of its own.
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

// room waits until there is room for more.
func (e *End) room() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.waiting) > mostWaiting && e.err == nil {
		e.changed.Wait()
	}
}
