package conversation

import (
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// A caller that makes one call after another reads its replies itself. If the reader goroutine read them and
// woke the caller, the scheduler would wake a thread on another processor for it, and with each of them the
// processes at both ends would change processors: together with inline handling at the other end, direct reading
// halves the CPU time of such a call on two processors.
//
// Between two such calls no goroutine reads: the connection rests. The watchdog starts a reader goroutine if few
// calls have begun since its last check, so it takes at most two milliseconds until the end of a connection is
// noticed. Where the peer has ever sent a request, or [Conn.Recv] waits for one, callers do not read, so that only
// the first request of a connection can be delayed by that. A call that begins after restTime looks first whether
// the connection has ended, so that it is not sent in vain.
const (
	manyAlone = 64                    // calls in a row after which callers read
	slowAlone = 16 * time.Millisecond // if so many calls take longer, they do not
	fewDirect = 4                     // nor with fewer calls for each check of the watchdog
	restTime  = 20 * time.Microsecond // about what it takes to wake a reader goroutine
)

// lastAlone is the connection that has last had manyAlone calls in a row that were alone. Callers read only while it
// is always the same one: with such calls on ten connections it would cost a tenth, since the processors are busy
// anyway.
var lastAlone atomic.Pointer[Conn]

// directEpoch is the start of the times in direct.
var directEpoch = time.Now()

// direct is the state of reading by callers; Conn.mu guards it.
type direct struct {
	token   invariant.Token // of the reader goroutine, while resting
	counted int64           // when Conn.row was last 1, in ns after directEpoch
	since   int64           // when resting began, in ns after directEpoch
	times   uint32          // how often resting began
	seen    uint32          // times at the last check of the watchdog
	resting bool            // no goroutine reads
	waiting bool            // a caller waits for data
	evicted bool            // its wait was ended, by a deadline
	taking  bool            // a caller processes what it has read
}

// onlyReplies returns the value of Conn.replies at the beginning.
func onlyReplies(in frames, set *Settings) bool {
	r, ok := in.(*frame.Reader)
	return ok && r.Raw() && set.Idle == 0 && !plain
}

// countAlone is called when cl is registered, and sets whether its caller may read; c.mu is held.
func (c *Conn) countAlone(cl *call, alone bool) {
	cl.alone = alone
	switch {
	case !alone:
		c.endDirect()
	case c.row < manyAlone:
		if c.row++; c.row == manyAlone && !c.fastAlone() {
			c.row = 1
		}
	}
}

// fastAlone reports whether the calls of the row were fast; c.mu is held.
func (c *Conn) fastAlone() bool {
	now, last := sinceEpoch(), lastAlone.Swap(c)
	d := c.direct
	if d == nil {
		c.direct = &direct{counted: now}
		return false
	}
	took := time.Duration(now - d.counted)
	d.counted = now
	return last == c && took < slowAlone || c.set.Inline == InlineAlways // which is for tests
}

func sinceEpoch() int64 { return int64(time.Since(directEpoch)) }

// mayRest reports whether callers may read; c.mu is held.
func (c *Conn) mayRest() bool {
	return c.direct != nil && c.row == manyAlone && c.replies && c.calls.len() == 0 && c.err == nil && c.arrived == nil
}

// callerTakes reports whether a caller processes what it has read; c.mu is held.
func (c *Conn) callerTakes() bool { return c.direct != nil && c.direct.taking }

// rest lets the connection rest. The caller must not read any more, unless it returns false.
func (c *Conn) rest(t invariant.Token) bool {
	c.mu.Lock()
	d := c.direct
	d.taking = false
	if !c.mayRest() || c.reader.in.Begun() || c.loop.Load() != nil || lastAlone.Load() != c {
		c.row = 0
		c.mu.Unlock()
		return false
	}
	d.token, d.resting, d.since = c.reader.role.Pass(t), true, sinceEpoch()
	d.times++
	watch := !c.inlining.watched
	c.inlining.watched = true
	c.mu.Unlock()
	if watch {
		c.watchdog().add(c)
	}
	return true
}

// take returns the token of the reader goroutine if the connection rests; c.mu is held.
func (d *direct) take(role *invariant.Role) (t invariant.Token, taken bool) {
	if !d.resting {
		return t, false
	}
	t = role.Pass(d.token)
	d.token, d.resting = invariant.Token{}, false
	return t, true
}

// endDirect makes a goroutine read, instead of nobody or a caller; c.mu is held.
func (c *Conn) endDirect() {
	c.row = 0
	d := c.direct
	if d == nil {
		return
	}
	if t, taken := d.take(&c.reader.role); taken {
		go c.read(t)
	} else if d.waiting && !d.evicted {
		d.evicted = true
		_ = c.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// lookDirect is called by the watchdog. It reports whether the connection rests; c.mu is held.
func (c *Conn) lookDirect() bool {
	d := c.direct
	if d == nil {
		return false
	}
	few := d.times-d.seen < fewDirect
	d.seen = d.times
	if few && d.resting {
		c.endDirect()
	}
	return d.resting
}

// readReply reads the reply of cl if the connection rests and cl waits for it.
func (c *Conn) readReply(cl *call) {
	c.mu.Lock()
	d := c.direct
	var t invariant.Token
	taken := false
	if d != nil && c.calls.get(cl.id) == cl {
		t, taken = d.take(&c.reader.role)
		d.waiting = taken
	}
	c.mu.Unlock()
	if !taken {
		return
	}
	in := c.reader.in.(*frame.Reader)
	err := in.Await()
	c.mu.Lock()
	evicted := d.evicted
	d.waiting, d.evicted, d.taking = false, false, true
	c.mu.Unlock()
	if evicted {
		_ = c.conn.SetReadDeadline(time.Time{})
	}
	if evicted && isTimeout(err) || err == nil && !in.More() {
		c.handBack(t)
		return
	}
	c.takeDirect(t, in, err)
}

// takeDirect processes what a caller has read, or its error.
func (c *Conn) takeDirect(t invariant.Token, in *frame.Reader, err error) {
	var payload []byte
	var mem *frame.Memory
	if err == nil {
		payload, mem, err = in.Next()
	}
	t, state := c.takeRead(t, payload, mem, err)
	switch state {
	case readsOn:
		c.handBack(t)
		return
	case readEnded:
		go c.readEnd(t)
	case readByAnother, readRests: // somebody else may have begun to read
		return
	}
	c.mu.Lock()
	c.direct.taking = false
	c.mu.Unlock()
}

// handBack starts a reader goroutine.
func (c *Conn) handBack(t invariant.Token) {
	c.mu.Lock()
	c.direct.taking, c.row = false, 0
	c.mu.Unlock()
	go c.read(c.reader.role.Pass(t))
}

// probe notices the end of a connection that has rested for restTime, before a call is sent.
func (c *Conn) probe() {
	c.mu.Lock()
	d := c.direct
	if d == nil || !d.resting || time.Duration(sinceEpoch()-d.since) < restTime {
		c.mu.Unlock()
		return
	}
	t, _ := d.take(&c.reader.role)
	d.taking = true
	c.mu.Unlock()
	in := c.reader.in.(*frame.Reader)
	switch some, err := in.Try(); {
	case err != nil || some && in.More():
		c.takeDirect(t, in, err)
	case some || !c.rest(t):
		c.handBack(t)
	}
}

// Direct returns how often the connection has rested, and whether a caller waits for data. It is for tests.
func (c *Conn) Direct() (rests int, waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.direct == nil {
		return 0, false
	}
	return int(c.direct.times), c.direct.waiting
}
