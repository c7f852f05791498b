package conversation

import (
	"context"
	"errors"
)

// watch gives up all calls of one context when that ends. A caller that selects
// on the context's channel takes that channel's lock twice a call, and so does
// every other caller with the same context: with a thousand in flight that was
// an eighth of what a call cost, a fifth where cores are far from each other.
// So when a context is seen again while many calls are under way, one watch
// waits for it, and they wait for their replies only. A call of Go, for which
// nobody may wait, is watched from the second one with its context.
type watch struct {
	done  <-chan struct{} // the context's
	calls int             // that it watches
	stop  func() bool     // ends it
	over  bool            // the context has ended
}

// With fewer calls under way, watching does not pay.
const manyCalls = 16

// errGivenUp is the err of a call whose context has ended.
var errGivenUp = errors.New("given up")

// watches makes cl one of the calls that are watched, if its context, whose
// channel is done, is. Otherwise, wanted says that it should be; c.mu is held.
func (c *Conn) watches(cl *call, done <-chan struct{}) (wanted bool) {
	switch {
	case done == nil:
	case c.watch != nil && c.watch.done == done:
		cl.watch = c.watch
		cl.watch.calls++
	case c.lastDone != done:
		c.lastDone = done
	default:
		many := cl.pend != nil || c.calls.len() > manyCalls
		return many && (c.watch == nil || c.watch.calls == 0)
	}
	return false
}

// watchFrom watches ctx for the calls that follow.
func (c *Conn) watchFrom(ctx context.Context) {
	w := &watch{done: ctx.Done()}
	// Not under the lock: a context of the user's may run any code.
	w.stop = context.AfterFunc(ctx, func() { c.giveUp(w) })
	old := w
	c.mu.Lock()
	if c.err == nil && !w.over && (c.watch == nil || c.watch.calls == 0) {
		old, c.watch = c.watch, w
	}
	c.mu.Unlock()
	if old != nil {
		old.stop()
	}
}

// giveUp ends the calls that w watches.
func (c *Conn) giveUp(w *watch) {
	var ended []*call
	c.mu.Lock()
	w.over = true // it may not have been c.watch yet, and must never be then
	if c.watch == w {
		c.watch = nil
	}
	for cl := range c.calls.all() {
		if cl.watch == w {
			ended = append(ended, cl)
			c.remove(cl)
			c.count.givenUp++
		}
	}
	c.mu.Unlock()
	for _, cl := range ended {
		cl.err = errGivenUp
		cl.finish()
	}
}

// remove takes cl out of the pending calls; c.mu is held.
func (c *Conn) remove(cl *call) {
	c.calls.remove(cl)
	if cl.watch != nil {
		cl.watch.calls--
	}
}
