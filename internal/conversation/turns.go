package conversation

import (
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// TurnHandler is a [Handler] of requests that may need a turn. Those that need the turn of the same queue, on
// any connection, are handled one at a time in the order in which they arrived. The turn lasts until the
// result is encoded. A handler leaves it while it waits for a call with the context of [Request.Turn].
type TurnHandler interface {
	Handler
	// Queue returns the queue whose turn r needs, or nil. It is called by the reader goroutine, in the
	// order of arrival, and must not block. What it has read of r it can pass to Handle by [Request.Keep].
	Queue(r *Request) *turn.Queue
}

// Kept is what Queue has read of a request and Handle need not read again.
type Kept struct {
	Decoder codec.Decoder // to be freed by the receiver; nil: nothing is kept
	Found   any           // the function
	Version uint64        // to check whether Found is still valid
}

// Keep keeps k until TakeKept is called or r is done.
func (r *Request) Keep(k Kept) { r.kept = k }

// TakeKept returns what was kept, and no longer keeps it.
func (r *Request) TakeKept() Kept {
	k := r.kept
	if k.Decoder != nil {
		r.kept = Kept{}
	}
	return k
}

// Turn returns the turn of r's handler, or nil. Only the goroutine of the handler may call it.
func (r *Request) Turn() *turn.Turn {
	if r.turn != nil {
		r.spare = nil // it may be used after r is done
	}
	return r.turn
}

// queueForTurns adds the requests of batch to the queues of their turns, in order. With only, nothing else is
// in progress: if there is one request and it has its turn, the reader goroutine handles it itself.
func (c *Conn) queueForTurns(batch []incoming, only bool) {
	var mine *Request
	for i := range batch {
		r, q := batch[i].request, batch[i].queue
		if batch[i].err != nil || q == nil || !q.Add(r) {
			continue
		}
		if mine != nil {
			mine.Start()
		}
		mine = r
	}
	switch {
	case mine == nil:
	case only && len(batch) == 1 && c.reader.planTurn(mine):
	default:
		mine.Start()
	}
}

// takesTurn adds r, which the reader goroutine is about to handle, to the queue of its turn. It reports
// whether r has the turn and may begin. c.mu is held.
func (c *Conn) takesTurn(r *Request) bool {
	c.unqueued--
	if !r.queue.Add(r) {
		return false
	}
	if c.aside > 0 { // r has to wait for them
		r.Start()
		return false
	}
	return true
}

// queueUnqueued adds requests that the reader goroutine was about to handle to the queues of their turns,
// before another goroutine reads requests that arrived after them. c.mu is held.
func (c *Conn) queueUnqueued() {
	if c.unqueued == 0 {
		return
	}
	for range c.queue.Len() {
		r := c.queue.Pop()
		if r.queue == nil || r.aside {
			c.queue.Push(r)
			continue
		}
		c.unqueued--
		if r.queue.Add(r) {
			r.Start()
		}
	}
}

// runTurns handles r, which has its turn, and then the requests that get the turn next. They may be of other
// connections.
func runTurns(r *Request) {
	for r != nil {
		next := runTurn(r)
		var ok bool
		if r, ok = next.(*Request); !ok && next != nil { // a task of the program
			next.Start()
		}
	}
}

// runTurn handles r, which has its turn, and returns the task that gets the turn next.
func runTurn(r *Request) (next turn.Task) {
	c, queue := r.conn, r.queue
	if !c.admits(r) {
		t := new(turn.Turn)
		t.Begin(queue)
		return t.Finish()
	}
	returned := false
	defer func() {
		if !returned { // the handler called runtime.Goexit
			c.finished(r, false)
			c.endCork()
		}
	}()
	next = handleTurn(r)
	returned = true
	c.finished(r, false)
	if following, ok := next.(*Request); (!ok || following.conn != c) && c.inlining.busy.Load() && !c.startsWait() {
		c.endCork()
	}
	return next
}

// handleTurn handles r, and returns the task that gets the turn next.
func handleTurn(r *Request) (next turn.Task) {
	if r.spare == nil {
		r.spare = new(turn.Turn)
	}
	t := r.spare
	t.Begin(r.queue)
	t.Watch((*waits)(r.conn))
	r.turn = t
	returned := false
	defer func() {
		if !returned { // the handler called runtime.Goexit
			if next := r.passTurn(); next != nil {
				next.Start()
			}
		}
	}()
	r.sample()
	r.conn.handler.Handle(r)
	returned = true
	return r.passTurn()
}

// passTurn passes on the turn of r, writes the result if it was delayed, and returns the task that gets the
// turn next.
func (r *Request) passTurn() turn.Task {
	next, c := r.turn.Finish(), r.conn
	if !r.delayed {
		return next
	}
	r.delayed = false
	defer r.queue.Written(c.out)
	if c.inlining.busy.Load() { // the delay was long enough
		c.out.Push()
		return next
	}
	if next != nil { // it need not wait for the write
		next.Start()
	}
	c.out.WriteDelayed()
	return nil
}

// waits is a connection whose handlers may leave their turns or make calls.
type waits Conn

// Sends implements [turn.Watcher].
func (w *waits) Sends() {
	w.out.Hurry()
	writeHeld()
}

// Left implements [turn.Watcher].
func (w *waits) Left() {
	c := (*Conn)(w)
	if !c.inlining.busy.Load() {
		return
	}
	go c.readOn() // the caller may hold locks
}

// admits reports whether the handler of r, which has its turn, may begin. If not, the connection has ended and
// r is dropped, or r is set aside until pace allows it, and then queued for its turn again. This prevents other
// connections from waiting for a peer that does not read its replies. Later requests of the same connection
// wait until r has begun.
func (c *Conn) admits(r *Request) bool {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		if r.aside { // its handler counts as running
			c.finished(r, false)
		} else { // r was given up with the connection
			r.Free()
		}
		return false
	}
	defer c.mu.Unlock()
	switch {
	case r.aside: // its handler counts as running
		c.aside--
		c.beginQueued() // requests that had to wait for r
	case c.aside > 0 || !c.mayBegin():
		r.aside = true
		c.aside++
		c.queue.Push(r)
		c.beginLater()
		c.uncorkSoon()
		return false
	default:
		c.runs(r)
	}
	c.cork(r.queue)
	return true
}

// rejoin queues r, which was set aside, for its turn again. Its handler already counts as running, so that no
// other takes its place. c.mu is held.
func (c *Conn) rejoin(r *Request) {
	c.runs(r)
	if r.queue.Add(r) {
		r.Start()
	}
}

// endTurn ends the turn of r, whose result is encoded, before a write that may wait for a peer that does not
// read.
func (r *Request) endTurn() {
	if r.turn == nil || !r.conn.out.Crowded() {
		return
	}
	if next := r.turn.Finish(); next != nil {
		next.Start()
	}
}
