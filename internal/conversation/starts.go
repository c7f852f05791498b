package conversation

import (
	"runtime"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/ring"
)

// starts are the requests of a connection that have their turns and wait for a goroutine. A goroutine for each
// of them would cost as much as a quick handler. So a goroutine first starts the next one, if there are more
// requests, so that no request waits for the handler of another, and then handles requests until none is left,
// as in mustBegin.
type starts struct {
	mu    sync.Mutex
	list  ring.Queue[*Request]
	begun bool // a goroutine is about to take a request
	alone bool // one goroutine takes all requests; see handleApart
}

// leastApart is the number of requests from which on handleApart is worth a goroutine.
const leastApart = 4

// Start implements [turn.Task].
func (r *Request) Start() {
	s := &r.conn.starts
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list.Push(r)
	r.conn.startNext()
}

// startNext starts a goroutine if requests wait for one; c.starts.mu is held.
func (c *Conn) startNext() {
	if s := &c.starts; s.list.Len() > 0 && !s.begun && !s.alone {
		s.begun = true
		go c.runStarts()
	}
}

// runStarts handles requests that have their turns until none is left.
func (c *Conn) runStarts() {
	growStack(false)
	for r := c.nextStart(true); r != nil; r = c.nextStart(false) {
		runTurns(r)
	}
	c.endCork()
}

// nextStart returns the next request, or nil. first is true for the first call of a goroutine.
func (c *Conn) nextStart(first bool) (r *Request) {
	s := &c.starts
	s.mu.Lock()
	defer s.mu.Unlock()
	if first {
		s.begun = false
	}
	if s.list.Len() > 0 {
		r = s.list.Pop()
	} else {
		s.alone = false
	}
	c.startNext()
	return r
}

// startsWait reports whether requests wait for a goroutine.
func (c *Conn) startsWait() bool {
	s := &c.starts
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list.Len() > 0
}

// beginAlone makes one goroutine, which the caller starts, take all requests. It returns false if others do.
func (s *starts) beginAlone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun || s.list.Len() > 0 {
		return false
	}
	s.begun, s.alone = true, true
	return true
}

// endAlone lets any number of goroutines take requests.
func (c *Conn) endAlone() {
	s := &c.starts
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alone = false
	c.startNext()
}

// handleApart makes another goroutine handle the queued requests as handleInline does, if the loop has more
// connections to read and there are processors for both. It returns false if handleInline is better. The
// requests are in the queues of their turns before the loop reads others.
func (c *Conn) handleApart() bool {
	l := c.loop.Load()
	if l == nil || !l.by.More() || l.by.Helpers.Load() >= c.set.mostApart {
		return false
	}
	c.mu.Lock()
	if c.unqueued < leastApart || c.err != nil || c.inlining.corked || !c.starts.beginAlone() {
		c.mu.Unlock()
		return false
	}
	l.by.Helpers.Add(1)
	c.inlining.apart = true
	c.inlining.aparts++
	if c.inlining.cork() {
		c.set.watchdog.add(c)
	}
	c.hold()
	c.out.Cork(int(c.unqueued))
	c.queueUnqueued()
	c.beginQueued()
	c.mu.Unlock()
	go c.runStarts()
	// The new goroutine continues on this processor, which has read the requests, and this one, as soon as
	// there is one, on another.
	runtime.Gosched()
	return true
}
