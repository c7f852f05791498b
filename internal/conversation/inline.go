package conversation

import (
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Functions that return at once are best called by the reader goroutine, one after
// the other, with one write for all their replies. To spread them over goroutines
// costs more than they do: threads are woken, and wait for each other at the
// connection's locks. At 100 in flight on two processors, calling them inline makes
// 1.6 times the calls per second; on one processor 0.89 times, so there it is off.
//
// But nobody reads meanwhile, and no other request is begun. So it is done only
// while all samples say that handlers are quick, and a handler that then blocks is
// found out: by the watchdog at the second of its looks, at once if it makes a call or
// ends the connection. Then another goroutine takes over: it reads, and begins the
// other requests, so that handlers that wait for each other, or for the peer, wait
// for a moment only.

// watchTime is the time between two looks of the watchdog.
const watchTime = time.Millisecond

// mayInline tells whether the reader goroutine should handle what is queued, so many
// requests, itself; c.mu is held. While a call of this end waits for its reply, somebody must
// read.
func (c *Conn) mayInline(queued int) bool {
	wanted := c.inlining.wanted(queued, c.set.Inline)
	return wanted && c.handler != nil && c.aside == 0 && c.calls.len() == 0 && !c.out.InOrder()
}

// handleInline handles what is in the queue. It is called by the reader goroutine,
// with its token. With reads, the caller is the reader goroutine still, or again, and
// has the token that is returned.
func (c *Conn) handleInline(t invariant.Token) (_ invariant.Token, reads bool) {
	c.mu.Lock()
	var r *Request
	if c.calls.len() == 0 { // none has begun since mayInline
		r = c.next()
	}
	if r == nil {
		c.queueUnqueued()
		c.beginQueued()
		c.mu.Unlock()
		return t, true
	}
	watch := c.inlining.begin(c.reader.role.Pass(t))
	c.out.Cork(c.queue.len() + 1)
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
	// After a take-over the new reader goroutine may be running handlers itself, with
	// its token left here: then this one reads on in its place.
	t, reads = c.inlining.end()
	c.queueUnqueued() // what could not begin before
	c.beginQueued()
	c.mu.Unlock()
	if reads {
		c.out.Uncork()
	}
	return t, reads
}

// takeOver starts a new reader goroutine if the present one runs handlers, and leaves
// it only the handler that runs; c.mu is held.
func (c *Conn) takeOver() {
	c.uncorkSoon()
	t, taken := c.inlining.end()
	if !taken {
		return
	}
	c.out.UncorkSoon()
	c.queueUnqueued()
	c.beginQueued()
	c.replaceReader(t)
}

// cork delays replies for those that follow, if the handlers of q, which are not run by
// the reader goroutine, have long been quick and more of them wait; c.mu is held.
func (c *Conn) cork(q *turn.Queue) {
	in := &c.inlining
	switch {
	case in.corked:
		in.times++ // it goes on
		return
	case in.on || !in.quick() || c.set.Inline == InlineNever || c.out.InOrder() || q.Len() == 0:
		return
	}
	if in.cork() {
		c.set.watchdog.add(c)
	}
	c.out.Cork(c.ledger.counted())
}

// uncorkSoon ends what cork began, for a caller who must not write; c.mu is held.
func (c *Conn) uncorkSoon() {
	if c.inlining.uncork() {
		c.out.UncorkSoon()
	}
}

// endCork ends what cork began.
func (c *Conn) endCork() {
	if !c.inlining.busy.Load() {
		return
	}
	c.mu.Lock()
	was := c.inlining.uncork()
	c.mu.Unlock()
	if was {
		c.out.Uncork()
	}
}

// watchdog looks after connections that have handled requests inline lately.
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
		if c.watchOn() {
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

// watchOn is the watchdog's look at c. False says that it need not look any more.
func (c *Conn) watchOn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	late, idle := c.inlining.look()
	if late {
		c.takeOver()
		c.inlining.judge(watchTime)
	}
	return !idle
}

// Inlined tells how often requests were handled inline, and whether a batch that
// came now would be. It is for tests.
func (c *Conn) Inlined() (times int, will bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.inlining.times), c.inlining.quick() && c.set.Inline != InlineNever
}
