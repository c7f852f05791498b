package conversation

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/inmemory"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// looped is a connection that is read by a loop, together with others, in the order in which
// data arrive on them.
type looped struct {
	*Conn
	by     *arrival.Loop
	raw    syscall.RawConn // nil: the connection is memory
	memory *inmemory.Conn
	in     *frame.TryReader

	token invariant.Token // of the reader goroutine, which is the loop's

	mu      sync.Mutex
	timer   *time.Timer // bounds the wait for the next frame or part of a frame; nil: none
	begun   bool        // timer is for a part of a frame
	removed bool
}

// startLooped makes the loop of the settings read c. It returns false if that is not possible:
// this system has no loops, or the connection is not a plain socket.
func (c *Conn) startLooped(t invariant.Token) bool {
	if c.set.Loop == nil {
		return false
	}
	l := &looped{Conn: c, by: c.set.Loop, token: t}
	switch conn := c.conn.(type) {
	case *inmemory.Conn:
		l.memory = conn
	case syscall.Conn:
		raw, err := conn.SyscallConn()
		if err != nil {
			return false
		}
		l.raw = raw
	}
	in := frame.NewTryReader(c.conn, c.set.FrameIn)
	if in == nil {
		return false
	}
	l.in = in
	old := c.reader.in
	c.reader.in = in // before the loop uses it
	c.loop.Store(l)
	l.wait(false)
	if err := l.add(); err != nil {
		c.loop.Store(nil)
		l.stopTimer()
		c.reader.in = old
		return false
	}
	return true
}

// add makes the loop read the connection.
func (l *looped) add() error {
	if l.memory == nil {
		return l.by.Add(l, l.raw)
	}
	arrived, err := l.by.Join(l)
	if err == nil {
		l.memory.Notify(arrived)
	}
	return err
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
	t, state := c.takeRead(l.token, payload, mem, err)
	if state == readByAnother { // the token was passed on
		return false, true
	}
	if l.token = t; state == readEnded {
		return false, false
	}
	return l.rest(), false
}

// rest is called when everything read has been processed. It reports whether there may be more
// data. If it did so without need, data of this connection would be read before data that
// arrived earlier on others.
func (l *looped) rest() (more bool) {
	if !l.in.Drained() {
		return true
	}
	begun := l.in.Begun()
	if !begun {
		l.in.Release() // until more data arrive
	}
	l.wait(begun)
	return false
}

// replace passes the reading of all connections to a new goroutine, and that of this one with
// the token t.
func (l *looped) replace(t invariant.Token) {
	l.token = t
	l.by.Replace(l, l.rest())
}

// Removed implements [arrival.Source].
func (l *looped) Removed() { go l.readEnd(l.token) }

// remove removes c, whose reading ends, from the loop.
func (l *looped) remove(c *Conn) {
	l.mu.Lock()
	l.removed = true
	l.mu.Unlock()
	l.stopTimer()
	l.by.Remove(l, l.raw)
}

// wait starts the timeout for the next frame or, with begun, for the next part of one.
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

// expired ends the connection after a timeout.
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
