package conversation

import (
	"context"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/frame"
)

const (
	// lingerTime bounds how long this end waits for the peer to close its end, after all
	// frames are sent. The socket is closed only then, because closing one with unread input
	// resets the connection, and a reset discards replies that the peer has not read yet.
	lingerTime = time.Second
	// lookTime is the interval at which Shutdown checks whether everything is sent.
	lookTime = 20 * time.Millisecond
)

func (c *Conn) halfCloses() bool {
	_, ok := c.conn.(interface{ CloseWrite() error })
	return ok
}

// linger closes the writing side of the connection, if it has one, and waits for the peer's end
// of the connection, until ctx ends or for a second at most. For Shutdown, which promises that
// replies arrive, the second begins when they have been sent.
func (c *Conn) linger(ctx context.Context, shutdown bool) {
	half, ok := c.conn.(interface{ CloseWrite() error })
	switch {
	case ok && half.CloseWrite() == nil:
		if shutdown {
			c.awaitSent(ctx)
		}
	case !ok && shutdown: // refuseOn has waited
		return
	case !c.asked() || c.conn.LocalAddr().Network() == "pipe":
		// No reply can be lost, or the peer has read everything when Write returns, as with
		// net.Pipe.
		return
	}
	c.waitGone(ctx, lingerTime)
}

// awaitSent waits until the system has sent everything, as long as the peer accepts some of it
// in each WriteTimeout.
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

// refuseOn refuses requests for a second, for Shutdown on a connection without CloseWrite. The
// peer does not notice the end of such a connection before it is closed, and requests that are
// still unread then would discard the last replies.
func (c *Conn) refuseOn(ctx context.Context) {
	if !c.asked() || c.out.Flush(ctx) != nil {
		return
	}
	c.mu.Lock()
	c.ending.reach(drained)
	c.mu.Unlock()
	c.waitGone(ctx, lingerTime)
}

// asked reports whether there has ever been a request, and so a reply.
func (c *Conn) asked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count.requests > 0
}

// waitGone waits for the end of the connection for a time d. It returns true if the connection
// or ctx has ended.
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
