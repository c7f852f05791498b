package conversation

import (
	"context"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/frame"
)

const (
	// lingerTime bounds how long this end waits for the peer to close too, once
	// all that it wrote has left. The socket is closed only after the peer's end
	// has come, because closing one with unread input resets the connection, and a
	// reset destroys replies that the peer has not read yet.
	lingerTime = time.Second
	// lookTime is how often Shutdown looks whether all is sent.
	lookTime = 20 * time.Millisecond
)

func (c *Conn) halfCloses() bool {
	_, ok := c.conn.(interface{ CloseWrite() error })
	return ok
}

// linger ends this side of the connection, where it has two, and waits for the
// peer's end, or until ctx ends: a second at most, or for Shutdown, which promises
// that replies arrive, a second after they have left.
func (c *Conn) linger(ctx context.Context, shutdown bool) {
	half, ok := c.conn.(interface{ CloseWrite() error })
	switch {
	case ok && half.CloseWrite() == nil:
		if shutdown {
			c.awaitSent(ctx)
		}
	case !ok && shutdown: // see refuseOn
		return
	case !c.asked() || c.conn.LocalAddr().Network() == "pipe":
		// There was nothing to lose; or the peer had it all when it was written:
		// that is how a net.Pipe works.
		return
	}
	c.waitGone(ctx, lingerTime)
}

// awaitSent waits until the system has sent what was written, as long as the peer
// takes some of it in each Limits.WriteTimeout.
func (c *Conn) awaitSent(ctx context.Context) {
	last, since := -1, time.Now()
	for {
		n, ok := frame.Unsent(c.conn)
		if !ok || n == 0 {
			return
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > c.set.WriteTimeout || c.waitGone(ctx, lookTime) {
			return
		}
	}
}

// refuseOn is what Shutdown does for a connection that cannot be closed by half:
// the peer does not hear that it ends, and what it still sends would, unread,
// destroy the last replies. So it is refused for a second.
func (c *Conn) refuseOn(ctx context.Context) {
	if !c.asked() || c.out.Flush(ctx) != nil {
		return
	}
	c.mu.Lock()
	c.ending.reach(drained)
	c.mu.Unlock()
	c.waitGone(ctx, lingerTime)
}

// asked tells whether there has ever been a request, and so a reply.
func (c *Conn) asked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count.requests > 0
}

// waitGone waits for the end of the connection for a time, or until ctx ends; true
// says that there is nothing more to wait for.
func (c *Conn) waitGone(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c.Done():
	case <-ctx.Done():
	case <-t.C:
		return false
	}
	return true
}
