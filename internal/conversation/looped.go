package conversation

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// frames is where a connection reads: a [frame.Reader], whose Next waits, or in a
// loop a [frame.TryReader].
type frames interface {
	Next() (payload []byte, mem *frame.Memory, err error)
	More() bool
	Begun() bool
	Release()
}

// looped is a connection that is read by a loop, together with others, in the order
// in which something arrives on them.
type looped struct {
	*Conn
	by  *arrival.Loop
	raw syscall.RawConn
	in  *frame.TryReader

	mu      sync.Mutex
	timer   *time.Timer // of the next frame, or of the next part of one; nil: there is none
	begun   bool        // of one
	removed bool
}

// startLooped has c read by the loop of its settings. False says that it cannot be:
// this system has no such loops, or the connection is no plain socket.
func (c *Conn) startLooped() bool {
	sc, ok := c.conn.(syscall.Conn)
	if c.set.Loop == nil || !ok {
		return false
	}
	in := frame.NewTryReader(c.conn, c.set.FrameIn)
	raw, err := sc.SyscallConn()
	if in == nil || err != nil {
		return false
	}
	l := &looped{Conn: c, by: c.set.Loop, raw: raw, in: in}
	old := c.in
	c.in = in // before the loop uses it
	c.loop.Store(l)
	l.wait(false)
	if err := l.by.Add(l, raw); err != nil {
		c.loop.Store(nil)
		l.stopTimer()
		c.in = old
		return false
	}
	return true
}

// Ready implements [arrival.Source].
func (l *looped) Ready(ended bool) (more, replaced bool) {
	c := l.Conn
	l.in.Ready(ended)
	payload, mem, err := l.in.Next()
	if errors.Is(err, frame.ErrNotYet) {
		l.wait(l.in.Begun())
		return false, false
	}
	l.stopTimer()
	switch c.take1(payload, mem, err) {
	case readEnded:
		return false, false
	case readByAnother:
		return false, true
	}
	return l.rest(), false
}

// rest is called when what was read is done with. It tells whether there may be more:
// without need, nobody looks, for what arrives from now on is behind what has arrived
// on other connections meanwhile.
func (l *looped) rest() (more bool) {
	if !l.in.Drained() {
		return true
	}
	begun := l.in.Begun()
	if !begun {
		l.in.Release() // until there is more
	}
	l.wait(begun)
	return false
}

// replace leaves the reading of all connections to a new goroutine.
func (l *looped) replace() { l.by.Replace(l, l.rest()) }

// Removed implements [arrival.Source].
func (l *looped) Removed() { go l.Conn.readEnd() }

// remove has the loop forget c, whose reading ends.
func (l *looped) remove(c *Conn) {
	l.mu.Lock()
	l.removed = true
	l.mu.Unlock()
	l.stopTimer()
	l.by.Remove(l, l.raw)
}

// wait bounds the time until the next frame begins, or, with begun, goes on.
func (l *looped) wait(begun bool) {
	d := l.set.Idle
	if begun {
		d = l.set.FrameTimeout
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = begun
	switch {
	case d == 0 || l.removed:
		if l.timer != nil {
			l.timer.Stop()
		}
	case l.timer == nil:
		l.timer = time.AfterFunc(d, l.expired)
	default:
		l.timer.Reset(d)
	}
}

func (l *looped) stopTimer() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
}

// expired ends a connection on which nothing has arrived for too long.
func (l *looped) expired() {
	l.mu.Lock()
	begun, removed := l.begun, l.removed
	l.mu.Unlock()
	switch {
	case removed:
	case begun:
		l.End(l.frameTimedOut(os.ErrDeadlineExceeded))
	case l.busy():
		l.wait(false)
	default:
		l.End(l.idleFor())
	}
}
