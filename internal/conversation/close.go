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

// Close ends the connection: calls of this end fail with [ErrClosed], the
// contexts of running handlers end, replies that are already written still
// leave. It returns when the connection is gone, at the latest a few seconds
// later when the peer does not react. Close waits for no handler and no callback,
// and may be called by one; see [Channel.Shutdown]. Closing twice is fine. It
// mirrors Channel.close.
func (c *Conn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*lingerTime)
	defer cancel()
	c.close(ctx, false)
	return nil
}

// Shutdown closes the connection gracefully: it refuses new requests, lets
// running handlers finish and their replies leave, and then closes. The contexts
// of handlers that still run after [Limits].ShutdownGrace end. Shutdown returns
// when the peer has closed too, or about a second after the last reply has left:
// then nothing is lost. When ctx ends first, it closes at once and returns the
// error of ctx. A handler that calls it waits for itself until then.
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

// drain refuses requests, and waits for the handlers.
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

// close stops the channel, gives what is written until ctx ends to leave, and
// waits so long for the peer's end of the connection; see linger.
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

// closeNow closes the connection without a word: the Close of TLS would wait for a peer
// that does not read.
func (c *Conn) closeNow() {
	conn := c.conn
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	c.closeSocket(conn)
}

// closeSocket closes the socket. A loop that reads it would not notice.
func (c *Conn) closeSocket(conn net.Conn) {
	_ = conn.Close()
	if l := c.loop.Load(); l != nil {
		l.remove(c)
	}
}

// End ends the connection because of cause, at once.
func (c *Conn) End(cause error) {
	_ = c.stop(cause) // nil if it had been stopped
	c.out.Abort(c.Err())
	c.closeSocket(c.conn)
}

// stop makes the channel refuse everything and fails what is pending. It returns
// the error that calls get, or nil if the channel had been stopped before. Reading
// begins if it had not: the reader goroutine sees the connection end, and only it
// says so.
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
	c.takeOver() // somebody must see that the connection ends
	calls := c.calls
	c.calls = pendingCalls{}
	watch := c.watch
	c.watch = nil
	if c.handler != nil {
		for c.queue.len() > 0 {
			c.queue.pop()
		}
		c.aside = 0
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
	return &Violation{Reason: fmt.Sprintf("a frame was begun and not continued for %v", c.set.FrameTimeout), Err: err}
}

func (c *Conn) writeFailed(err error) error {
	if isTimeout(err) {
		return &Violation{Reason: fmt.Sprintf("took no data for %v", c.set.WriteTimeout), Err: err}
	}
	return c.set.Errors.Explain(c, err)
}

// idleTimeout tells a time-out between frames from one within a frame.
func (c *Conn) idleTimeout(err error) bool {
	return c.set.Idle > 0 && isTimeout(err) && !c.reader.in.Begun()
}

// busy tells that a call is under way, in either direction.
func (c *Conn) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.open > 0 || c.calls.len() > 0
}

// isTimeout tells a deadline set here from the system's own time-outs: a vanished
// peer's ETIMEDOUT also says that it is one.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
