package conversation

import (
	"sync"
	"time"
)

// Functions that return at once are best called by the goroutine that reads, one
// after the other, with one write for all their replies. To spread them over
// goroutines costs more than they do: threads are woken, and wait for each other
// at the channel's locks. At 100 in flight this is 1.5× the calls per second.
//
// But nobody reads meanwhile, and no other request is begun. So it is done only
// while all samples say that handlers are quick, and a handler that then blocks is
// found out: by the watchdog within two of its looks, at once if it makes a call or
// ends the connection. Then all goes on without it, in other goroutines: those that
// wait for each other, or for the peer, wait for a moment only.

const (
	// Every eighth handler is timed. One that takes longer is better off in a
	// goroutine of its own, where another core may have it.
	sampleMask = 1<<3 - 1
	quickTime  = 5 * time.Microsecond
	slowTime   = 200 * time.Microsecond

	// quick counts samples up to mostQuick. Handlers are called inline from
	// enoughQuick on; a long handler costs some samples, a slow one many.
	enoughQuick = 16
	mostQuick   = 32
	longCosts   = 16
	slowCosts   = 256
	leastQuick  = -4 * slowCosts

	mostAlone = 64

	watchTime = time.Millisecond
)

// judge learns from the time that a handler took; c.mu is held.
func (c *Conn) judge(took time.Duration) {
	switch {
	case took <= quickTime:
		c.quick = min(c.quick+1, mostQuick)
	case took <= slowTime:
		c.quick = max(c.quick-longCosts, leastQuick)
	default:
		c.quick = max(c.quick-slowCosts, leastQuick)
	}
}

// mayInline tells whether who reads should handle what it has queued itself; c.mu
// is held. It is not worth the watchdog's timer where the peer makes one call after
// the other. While a call of this end waits for its reply, somebody must read.
func (c *Conn) mayInline() bool {
	if c.alone++; c.queue.len() > 1 {
		c.alone = 0
	}
	wanted := c.alone <= mostAlone && c.quick >= enoughQuick || c.set.InlineAll
	return wanted && c.handler != nil && c.loop.Load() == nil && c.calls.len() == 0 && !c.out.InOrder()
}

// handleInline handles what is in the queue. It is called by who reads, who may
// go on if the result is true: else another one does.
func (c *Conn) handleInline() (reads bool) {
	c.mu.Lock()
	if c.calls.len() > 0 { // it has begun since mayInline
		c.beginQueued()
		c.mu.Unlock()
		return true
	}
	r := c.next()
	if r == nil {
		c.beginQueued() // the first one may have to wait for a turn, others not
		c.mu.Unlock()
		return true
	}
	c.inline = true
	c.inlines++
	c.out.Cork(c.queue.len() + 1)
	watch := !c.watched
	c.watched = true
	c.mu.Unlock()
	if watch {
		c.set.watchdog.add(c)
	}
	returned := false
	defer func() {
		if !returned { // the handler called runtime.Goexit
			c.mu.Lock()
			defer c.mu.Unlock()
			c.takeOver()
		}
	}()
	c.work(r)
	returned = true

	c.mu.Lock()
	// After a take-over it may be set by another one who reads: then that one has
	// somebody to read on for it, and stops when its handlers are done.
	reads = c.inline
	c.inline = false
	c.beginQueued() // what had to wait for its turn
	c.mu.Unlock()
	if reads {
		c.out.Uncork()
	}
	return reads
}

// takeOver lets another goroutine do all but the handler that runs inline, if one
// does; c.mu is held.
func (c *Conn) takeOver() {
	if !c.inline {
		return
	}
	c.inline = false
	c.out.UncorkSoon()
	c.beginQueued()
	c.replaceReader()
}

// watchdog looks after channels that have handled requests inline lately.
type watchdog struct {
	mu    sync.Mutex
	list  []*Conn
	timer *time.Timer // nil: there has been none yet
}

func (w *watchdog) add(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, c)
	if len(w.list) > 1 {
		return // the timer runs, or look will start it
	}
	w.start()
}

func (w *watchdog) start() {
	if w.timer == nil {
		w.timer = time.AfterFunc(watchTime, w.look)
		return
	}
	w.timer.Reset(watchTime)
}

// look takes over from handlers that were there at the last look already.
func (w *watchdog) look() {
	w.mu.Lock()
	list := w.list
	w.list = nil
	w.mu.Unlock()
	kept := list[:0]
	for _, c := range list {
		if c.stillInline() {
			kept = append(kept, c)
		}
	}
	clear(list[len(kept):])
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.list = append(kept, w.list...); len(w.list) > 0 {
		w.start()
	}
}

// stillInline is the watchdog's look at c. It ends its interest in a channel that
// has handled nothing inline since the last one.
func (c *Conn) stillInline() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	same := c.inlines == c.seen
	c.seen = c.inlines
	if same && c.inline {
		c.takeOver()
		c.judge(watchTime)
	}
	c.watched = !same
	return !same
}

// Inlined tells how often requests were handled inline, and whether a batch that
// came now would be. It is for tests.
func (c *Conn) Inlined() (times int, will bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.inlines), c.quick >= enoughQuick
}
