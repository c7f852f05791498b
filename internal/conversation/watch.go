package conversation

import (
	"context"
	"errors"
)

// watch gives up all calls of one context when the context ends. A goroutine that selects on the
// Done channel locks that channel twice per call, and contends with all others with the same
// context: with a thousand calls in flight, that was an eighth of the cost of a call, and a fifth
// where cores are far apart. So if a context is used again while many calls are in progress, or for
// many calls in a row, one watch waits for the context, and the callers wait only for their replies. A
// call of a Pending is watched from the second one with its context on.
type watch struct {
	done  <-chan struct{} // of the context
	calls int             // number of watched calls
	stop  func() bool     // ends the watch
	over  bool            // the context has ended
}

// With fewer calls in progress, or in a row, a watch does not pay off.
const manyCalls = 16

// errGivenUp is the error of a call whose context has ended.
var errGivenUp = errors.New("given up")

// watches adds cl to the watched calls if the context with this Done channel is watched. Otherwise,
// wanted reports whether it should be; c.mu is held.
func (c *Conn) watches(cl *call, done <-chan struct{}) (wanted bool) {
	switch {
	case done == nil:
	case c.watch != nil && c.watch.done == done:
		cl.watch = c.watch
		cl.watch.calls++
	case c.lastDone != done:
		c.lastDone, c.repeats = done, 0
	default:
		c.repeats = min(c.repeats+1, manyCalls)
		many := cl.pend != nil || c.calls.len() > manyCalls || c.repeats == manyCalls
		return many && (c.watch == nil || c.watch.calls == 0)
	}
	return false
}

// watchFrom watches ctx for the calls that follow.
func (c *Conn) watchFrom(ctx context.Context) {
	w := &watch{done: ctx.Done()}
	// Without the lock, since a context of the user may run any code.
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

// giveUp ends the calls watched by w.
func (c *Conn) giveUp(w *watch) {
	var ended []*call
	c.mu.Lock()
	w.over = true // if it is not c.watch yet, it must not become it
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
	if len(ended) > 0 {
		c.endDirect() // the caller may be the one that reads
	}
	c.mu.Unlock()
	for _, cl := range ended {
		cl.err = errGivenUp
		cl.finish()
	}
}

// remove removes cl from the pending calls; c.mu is held.
func (c *Conn) remove(cl *call) {
	c.calls.remove(cl)
	if cl.watch != nil {
		cl.watch.calls--
	}
}
