package conversation

import (
	"sync"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Quick functions are best called by the reader goroutine, one after another, with one write for all their
// replies (inline). Goroutines for them cost more than the functions themselves: threads are woken, and
// contend for the locks of the connection. At 100 calls in flight on two processors, inline handling gives
// 1.6 times the calls per second; on one processor 0.89 times, so there it is off. With one call at a
// time, too, a goroutine for each makes the scheduler wake a thread on another processor: inline handling saves a
// sixth of the server's CPU time. With a loop it is always on: a batch is read, handled and answered before the
// next one of another connection is read, while it is in the processor's cache. Agents of 60 containers that call
// each other need 0.73 times the CPU time.
//
// But in the meantime no goroutine reads, and no other request begins. So handlers run inline only while
// all samples were quick, and a handler that blocks nevertheless is detected: at once if it makes a call or
// ends the connection, and otherwise by the second check of the watchdog. Then another goroutine takes
// over: it reads, and starts the other requests, so that handlers that wait for each other, or for the
// peer, are delayed for a moment only.

// watchTime is the interval at which the watchdog checks connections.
const watchTime = time.Millisecond

// mayInline reports whether the reader goroutine should handle the queued requests itself; c.mu is held.
// While a call of this end waits for its reply, a goroutine must read.
func (c *Conn) mayInline(queued int) bool {
	wanted := c.inlining.wanted(queued, c.set.Inline)
	return wanted && c.handler != nil && c.aside == 0 && !c.awaits() && !c.inlining.apart && !c.out.InOrder()
}

// awaits reports whether a goroutine must read the replies to calls of this end; c.mu is held. A loop
// that handles requests lets the replies of all its connections wait, until the watchdog takes over.
func (c *Conn) awaits() bool { return c.calls.len() > 0 && c.loop.Load() == nil }

// handleInline handles the requests in the queue. The reader goroutine calls it with its token. If reads is
// true, the caller is the reader goroutine, possibly again, and has the returned token.
func (c *Conn) handleInline(t invariant.Token) (_ invariant.Token, reads bool) {
	c.mu.Lock()
	var r *Request
	if !c.awaits() { // no call has begun since mayInline
		r = c.next()
	}
	if r == nil {
		c.queueUnqueued()
		c.beginQueued()
		c.mu.Unlock()
		return t, true
	}
	turns := r.queue != nil || c.unqueued > 0
	watch := c.inlining.begin(c.reader.role.Pass(t))
	if turns {
		c.hold()
	}
	c.out.Cork(c.queue.Len() + 1)
	c.mu.Unlock()
	if watch {
		c.watchdog().add(c)
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
	// If another goroutine has taken over and runs handlers itself, its token is here: then
	// this goroutine reads in its place.
	t, reads = c.inlining.end()
	c.queueUnqueued() // requests that could not begin before
	c.beginQueued()
	c.mu.Unlock()
	if reads {
		c.out.Uncork()
		if turns {
			c.released()
		}
	}
	return t, reads
}

// takeOver starts a new reader goroutine if the current one runs handlers; the current one then only
// completes the running handler. c.mu is held.
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

// readOn makes a goroutine read although a handler waits.
func (c *Conn) readOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takeOver()
}

// cork delays replies if the handlers of q, which the reader goroutine does not run, have always been quick
// and more of them, or of this connection, wait; c.mu is held.
func (c *Conn) cork(q *turn.Queue) {
	in := &c.inlining
	switch {
	case in.corked:
		in.times++ // still corked
		return
	case in.on || !in.quick() || c.set.Inline == InlineNever || c.out.InOrder() || q.Len() == 0 && !c.startsWait():
		return
	}
	if in.cork() {
		c.watchdog().add(c)
	}
	c.hold()
	c.out.Cork(c.ledger.counted())
}

// uncorkSoon ends the delay of cork, for a caller that must not write; c.mu is held.
func (c *Conn) uncorkSoon() {
	if c.uncork() {
		c.out.UncorkSoon()
	}
}

// uncork ends the delay of cork and reports whether the caller must uncork the writer; c.mu is held.
func (c *Conn) uncork() bool {
	if c.inlining.apart {
		c.inlining.apart = false
		c.set.Loop.Helpers.Add(-1)
		c.endAlone()
	}
	return c.inlining.uncork()
}

// endCork ends the delay of cork.
func (c *Conn) endCork() {
	if !c.inlining.busy.Load() {
		return
	}
	c.mu.Lock()
	was := c.uncork()
	c.mu.Unlock()
	if was {
		c.out.Uncork()
		c.released()
	}
}

// watchdog checks connections that have recently run handlers in the reader goroutine. A Go timer that is due
// so soon costs a microsecond or two with each wait for input, since the kernel programs its clock for the wait.
// So where it can, the watchdog waits for a timer of the kernel as for input.
type watchdog struct {
	mu      sync.Mutex
	list    []*Conn
	timer   *time.Timer // nil until needed
	ticking bool        // tick runs
}

// sockets is the watchdog of all sockets of the process: each one with a timer of its own would wake the process as
// often. Its timer, which is for systems without a ticker, is made here, not on first use, which may be in a bubble of
// testing/synctest.
var sockets watchdog

func init() {
	sockets.timer = time.AfterFunc(time.Hour, sockets.expired)
	sockets.timer.Stop()
}

// watchdog returns the watchdog of c.
func (c *Conn) watchdog() *watchdog {
	if _, socket := c.conn.(syscall.Conn); socket {
		return &sockets
	}
	return &c.set.watchdog
}

func (w *watchdog) add(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, c)
	switch {
	case w.ticking || len(w.list) > 1: // look will be called
	case w == &sockets:
		w.ticking = true
		go w.tick()
	default:
		w.start()
	}
}

// start starts the timer; w.mu is held.
func (w *watchdog) start() {
	if w.timer == nil {
		w.timer = time.AfterFunc(watchTime, w.expired)
		return
	}
	w.timer.Reset(watchTime)
}

// expired is called by the timer.
func (w *watchdog) expired() {
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.list) > 0 && !w.ticking {
		w.start()
	}
}

// tick checks the connections as long as there are any.
func (w *watchdog) tick() {
	t, err := newTicker(watchTime)
	defer t.close()
	for w.ticks(err) {
		if err = t.wait(); err == nil {
			w.look()
		}
	}
}

// ticks reports whether tick must go on. After an error, the timer does its work.
func (w *watchdog) ticks(err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ticking = err == nil && len(w.list) > 0
	if !w.ticking && len(w.list) > 0 {
		w.start()
	}
	return w.ticking
}

// look takes over from handlers that were already running at the last check.
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
	w.list = append(kept, w.list...)
}

// watchOn checks c. It returns false if c need not be checked any more.
func (c *Conn) watchOn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	late, idle := c.inlining.look()
	if late {
		c.takeOver()
		c.inlining.judge(watchTime)
	}
	idle = !c.lookDirect() && idle
	c.inlining.watched = !idle
	return !idle
}

// Inlined returns how often requests were handled inline, and whether a batch that arrived now would be. It
// is for tests.
func (c *Conn) Inlined() (times int, will bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.inlining.times), c.inlining.quick() && c.set.Inline != InlineNever
}

// Apart returns how often handleApart left requests to another goroutine. It is for tests.
func (c *Conn) Apart() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.inlining.aparts)
}
