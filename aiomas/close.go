package aiomas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// lingerTime bounds how long Close waits for the peer to close too. The socket is
// closed only after the peer's end has come, because closing one with unread
// input resets the connection, and a reset destroys replies that the peer has not
// read yet. Shutdown, which promises that they leave, gives a slow peer the write
// timeout for that.
const lingerTime = time.Second

// Close ends the connection: calls of this end fail with [ErrClosed], the
// contexts of running handlers end, replies that are already written still
// leave. It returns when the connection is gone, at the latest a few seconds
// later when the peer does not react. Close does not wait for handlers and may
// be called by one; see [Channel.Shutdown]. Closing twice is fine. It mirrors
// Channel.close.
func (c *Channel) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*lingerTime)
	defer cancel()
	c.close(ctx, lingerTime)
	return nil
}

// Shutdown closes the connection gracefully: it refuses new requests, lets
// running handlers finish and their replies leave, and then closes. When ctx
// ends first, it closes at once and returns the error of ctx.
func (c *Channel) Shutdown(ctx context.Context) error {
	c.mu.Lock()
	c.draining = true
	var idle chan struct{}
	if c.running > 0 {
		if c.idle == nil {
			c.idle = make(chan struct{})
		}
		idle = c.idle
	}
	c.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-c.Done():
		case <-ctx.Done():
		}
	}
	c.close(ctx, c.cfg.limits.WriteTimeout)
	if ctx.Err() != nil {
		return contextError(ctx, "shutdown")
	}
	return nil
}

// close stops the channel, gives what is written until ctx ends to leave, and
// waits so long, at most for the time linger, for the peer's end of the
// connection.
func (c *Channel) close(ctx context.Context, linger time.Duration) {
	err := c.stop(ErrClosed)
	if err == nil {
		<-c.Done()
		return
	}
	_ = c.out.Flush(ctx)
	c.out.Abort(err)
	if !c.reading.Load() { // closed in WithConnected: reading begins after it
		_ = c.conn.Close()
		return
	}
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		if half.CloseWrite() == nil {
			ctx, cancel := context.WithTimeout(ctx, linger)
			defer cancel()
			select {
			case <-c.Done():
			case <-ctx.Done():
			}
		}
	}
	_ = c.conn.Close()
	<-c.Done()
}

// end ends the channel because of cause, at once.
func (c *Channel) end(cause error) {
	_ = c.stop(cause) // nil if it had been stopped
	c.out.Abort(c.Err())
	_ = c.conn.Close()
}

// stop makes the channel refuse everything and fails what is pending. It returns
// the error that calls get, or nil if the channel had been stopped before.
func (c *Channel) stop(cause error) error {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil
	}
	err := &ConnectionError{Peer: c.peer, Err: cause}
	c.err = err
	c.takeOver() // somebody must see that the connection ends
	calls := c.calls
	c.calls = pendingCalls{}
	watch := c.watch
	c.watch = nil
	if c.client != nil {
		for c.queue.len() > 0 {
			c.queue.pop()
		}
	}
	c.countDown(c.running - c.active) // nobody waits for their answers
	c.announce()
	c.mu.Unlock()
	var broke *ProtocolError
	if errors.As(cause, &broke) {
		c.cfg.metrics.protocolErrors.Add(1)
		c.log.warn("connection ended", "err", cause)
	} else {
		c.log.debug("connection ended", "err", cause)
	}
	c.cancel(err)
	if watch != nil {
		watch.stop()
	}
	for cl := range calls.all() {
		cl.err = err
		cl.finish()
	}
	return err
}

func (c *Channel) readFailed(err error) error {
	var big *frame.TooLargeError
	switch {
	case errors.As(err, &big):
		return &ProtocolError{Peer: c.peer, Reason: c.describeTooLarge(big), Err: nil}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &ProtocolError{Peer: c.peer, Reason: "the connection ended within a frame", Err: err}
	case c.idleTimeout(err):
		return fmt.Errorf("%w for %v", ErrIdle, c.cfg.limits.Idle)
	case isTimeout(err):
		return &ProtocolError{Peer: c.peer, Reason: fmt.Sprintf("a frame was begun and not continued for %v", c.cfg.limits.FrameTimeout), Err: err}
	}
	return c.explainEnd(err)
}

func (c *Channel) writeFailed(err error) error {
	if isTimeout(err) {
		return &ProtocolError{Peer: c.peer, Reason: fmt.Sprintf("took no data for %v", c.cfg.limits.WriteTimeout), Err: err}
	}
	return c.explainEnd(err)
}

// idleTimeout tells a time-out between frames from one within a frame.
func (c *Channel) idleTimeout(err error) bool {
	return c.cfg.limits.Idle > 0 && isTimeout(err) && c.in.Buffered() == 0
}

// busy tells that a call is under way, in either direction.
func (c *Channel) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running > 0 || c.calls.len() > 0
}

// isTimeout tells a deadline set here from the system's own time-outs: a vanished
// peer's ETIMEDOUT also says that it is one.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

func contextError(ctx context.Context, what string) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); cause != err { //nolint:errorlint // is there a cause of its own?
		return fmt.Errorf("aiomas: %s: %w: %w", what, err, cause)
	}
	return fmt.Errorf("aiomas: %s: %w", what, err)
}
