package conversation

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/grace"
)

// Close closes the connection. Calls of this end fail with [ErrClosed], and the contexts of
// running handlers end; replies already passed to the writer are still sent. It returns when
// the connection has ended, after a few seconds at most if the peer does not react. It does not
// wait for handlers and callbacks, which may therefore call it.
func (c *Conn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*lingerTime)
	defer cancel()
	c.close(ctx, false)
	return nil
}

// Shutdown closes the connection gracefully: it refuses new requests, waits until running
// handlers have finished and their replies are sent, and then closes. The contexts of handlers
// still running after Settings.ShutdownGrace end. Shutdown returns when the peer has closed its
// end, too, or about a second after the last reply was sent. If ctx ends first, it closes at
// once and returns the error of ctx.
func (c *Conn) Shutdown(ctx context.Context) error {
	c.drain(ctx)
	if !c.halfCloses() {
		c.refuseOn(ctx)
	}
	c.close(ctx, true)
	if ctx.Err() != nil {
		return ctxerr.New(ctx, "shutdown")
	}
	return nil
}

// drain refuses requests, and waits for the running handlers.
func (c *Conn) drain(ctx context.Context) {
	c.mu.Lock()
	c.ending.reach(draining)
	idle := c.ledger.whenIdle()
	c.mu.Unlock()
	if idle == nil {
		return
	}
	timer := time.AfterFunc(grace.From(ctx, c.set.ShutdownGrace), func() { c.cancel(ErrClosed) })
	defer timer.Stop()
	select {
	case <-idle:
	case <-c.Done():
	case <-ctx.Done():
	}
}

// close stops the connection, writes what is queued and waits for the peer's end of the
// connection, both until ctx ends; see linger.
func (c *Conn) close(ctx context.Context, shutdown bool) {
	stop := context.AfterFunc(ctx, c.closeNow)
	defer stop()
	if err := c.stop(ErrClosed); err != nil {
		_ = c.out.Flush(ctx)
		c.out.Abort(err)
		c.linger(ctx, shutdown)
		c.closeSocket(c.conn)
	}
	select {
	case <-c.Done():
	case <-ctx.Done():
	}
}

// closeNow closes the connection without TLS's closing alert, whose write would wait for a
// peer that does not read.
func (c *Conn) closeNow() {
	conn := c.conn
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	c.closeSocket(conn)
}

// closeSocket closes conn. It also removes the connection from its loop, which would not
// notice.
func (c *Conn) closeSocket(conn net.Conn) {
	_ = conn.Close()
	if l := c.loop.Load(); l != nil {
		l.remove(c)
	}
}

// End ends the connection at once, because of cause.
func (c *Conn) End(cause error) {
	_ = c.stop(cause) // nil if already stopped
	c.out.Abort(c.Err())
	c.closeSocket(c.conn)
}

// stop fails all pending calls and makes further calls fail. It returns the error of the calls,
// or nil if the connection was stopped before. If no goroutine reads yet, one is started: only
// the reader goroutine, which sees the end of the connection, announces it.
func (c *Conn) stop(cause error) error {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil
	}
	if c.ending.shutdown == drained {
		cause = ErrClosed
	}
	err := c.set.Errors.Ended(c, cause)
	c.err = err
	c.takeOver() // a goroutine must see the end of the connection
	c.endDirect()
	lastAlone.CompareAndSwap(c, nil)
	calls := c.calls
	c.calls = pendingCalls{}
	watch := c.watch
	c.watch = nil
	if c.handler != nil {
		for c.queue.Len() > 0 {
			c.queue.Pop()
		}
		c.aside, c.unqueued = 0, 0
	}
	c.ledger.end()
	c.count.givenUp = 0
	c.announce()
	c.mu.Unlock()
	var broke *Violation
	if errors.As(cause, &broke) {
		c.set.Counters.protocolErrors.Add(1)
		c.Log.Warn("connection ended", "err", errors.Unwrap(err))
	} else {
		c.Log.Debug("connection ended", "err", errors.Unwrap(err))
	}
	c.cancel(err)
	if watch != nil {
		watch.stop()
	}
	for cl := range calls.all() {
		calls.remove(cl)
		cl.err = err
		cl.finish()
	}
	c.Start()
	return err
}

func (c *Conn) readFailed(err error) error {
	var big *frame.TooLargeError
	switch {
	case errors.As(err, &big):
		return &Violation{Reason: c.describeTooLarge(big)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Violation{Reason: "the connection ended within a frame", Err: err}
	case c.idleTimeout(err):
		return c.idleFor()
	case isTimeout(err):
		return c.frameTimedOut(err)
	}
	return c.set.Errors.Explain(c, err)
}

func (c *Conn) idleFor() error { return fmt.Errorf("%w for %v", ErrIdle, c.set.Idle) }

func (c *Conn) frameTimedOut(err error) error {
	return &Violation{Reason: fmt.Sprintf("an incomplete frame was not continued for %v", c.set.FrameTimeout), Err: err}
}

func (c *Conn) writeFailed(err error) error {
	if isTimeout(err) {
		return &Violation{Reason: fmt.Sprintf("accepted no data for %v", c.set.WriteTimeout), Err: err}
	}
	return c.set.Errors.Explain(c, err)
}

// idleTimeout reports whether err is a timeout between two frames, not within one.
func (c *Conn) idleTimeout(err error) bool {
	return c.set.Idle > 0 && isTimeout(err) && !c.reader.in.Begun()
}

// busy reports whether there are calls in progress in either direction.
func (c *Conn) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.open > 0 || c.calls.len() > 0
}

// isTimeout reports whether err is from a deadline set by this package. The ETIMEDOUT of a
// vanished peer, for which Timeout also returns true, is not.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
