package conversation

import "github.com/aiomas-go/aiomas-go/internal/turn"

// TurnHandler is a [Handler] of requests that may need a turn: they are handled one
// at a time, in the order in which they arrived, over all connections that share a
// queue. The turn lasts until the result is encoded; a handler leaves it while it
// waits for a call with the context of [Request.Turn].
type TurnHandler interface {
	Handler
	// Queue returns the queue whose turn r needs, or nil. It is called by the
	// reader goroutine, in the order of arrival, and must not block.
	Queue(r *Request) *turn.Queue
}

// Turn returns the turn of r's handler, nil if it needs none. It is for the handler's
// goroutine.
func (r *Request) Turn() *turn.Turn {
	if r.turn != nil {
		r.spare = nil // others may use it when r is done
	}
	return r.turn
}

// Start implements [turn.Task].
func (r *Request) Start() { go runTurns(r) }

// queueForTurns puts those of batch that need a turn into their queues, in their
// order. With alone, nothing else is under way: the reader goroutine handles the only
// one that has its turn now itself, as with lone requests that need none.
func (c *Conn) queueForTurns(batch []incoming, alone bool) {
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
	case alone && len(batch) == 1 && c.reader.planTurn(mine):
	default:
		mine.Start()
	}
}

// takesTurn queues r, which the reader goroutine meant to handle, for its turn, and tells
// whether r has it now and may begin. c.mu is held.
func (c *Conn) takesTurn(r *Request) bool {
	c.unqueued--
	if !r.queue.Add(r) {
		return false
	}
	if c.aside > 0 { // r has to wait for those
		r.Start()
		return false
	}
	return true
}

// queueUnqueued queues the requests that the reader goroutine meant to handle for their
// turns: somebody is about to read what arrived after them. c.mu is held.
func (c *Conn) queueUnqueued() {
	if c.unqueued == 0 {
		return
	}
	for range c.queue.len() {
		r := c.queue.pop()
		if r.queue == nil || r.aside {
			c.queue.push(r)
			continue
		}
		c.unqueued--
		if r.queue.Add(r) {
			r.Start()
		}
	}
}

// runTurns handles r, which has the turn of its queue, and then what has that turn
// next. Those may be requests of other connections.
func runTurns(r *Request) {
	growStack(false)
	for r != nil {
		next := runTurn(r)
		var ok bool
		if r, ok = next.(*Request); !ok && next != nil { // of the program's own
			next.Start()
		}
	}
}

// runTurn handles r, which has the turn of its queue, and returns what has it next.
func runTurn(r *Request) (next turn.Task) {
	c, queue := r.conn, r.queue
	if !c.admits(r) {
		t := new(turn.Turn)
		t.Begin(queue)
		return t.Finish()
	}
	returned := false
	defer func() {
		if !returned { // r is answered, but its handler called runtime.Goexit
			c.finished(r, false)
			c.endCork()
		}
	}()
	next = handleTurn(r)
	returned = true
	c.finished(r, false)
	if following, ok := next.(*Request); !ok || following.conn != c {
		c.endCork()
	}
	return next
}

// handleTurn handles r, and returns what has the turn after it.
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
		if !returned { // r is answered, but its handler called runtime.Goexit
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

// passTurn passes on the turn of r, writes the result if that was delayed, and returns
// what has the turn now.
func (r *Request) passTurn() turn.Task {
	next, c := r.turn.Finish(), r.conn
	if !r.delayed {
		return next
	}
	r.delayed = false
	defer r.queue.Written(c.out)
	if c.inlining.busy.Load() { // it was delayed enough
		c.out.Hurry()
		return next
	}
	if next != nil { // need not wait
		next.Start()
	}
	c.out.WriteDelayed()
	return nil
}

// waits is a connection one of whose handlers is about to wait, or to make a call.
type waits Conn

// Sends implements [turn.Watcher].
func (w *waits) Sends() { w.out.Hurry() }

// Left implements [turn.Watcher].
func (w *waits) Left() {
	c := (*Conn)(w)
	if !c.inlining.busy.Load() {
		return
	}
	go func() { // the caller may have locks
		c.mu.Lock()
		defer c.mu.Unlock()
		c.takeOver()
	}()
}

// admits tells whether the handler of r, which has its turn, may be begun. If not, r
// is dropped, because the connection has ended, or set aside until the pace allows
// it: then r joins its queue again, behind what has come meanwhile. That is for a
// peer that does not read its replies; others must not wait for it. What came by the
// same connection after r does wait, until r has begun.
func (c *Conn) admits(r *Request) bool {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		if r.aside { // its handler counts as running
			c.finished(r, false)
		} else { // the end of the connection was the end of r
			r.Free()
		}
		return false
	}
	defer c.mu.Unlock()
	switch {
	case r.aside: // its handler counts as running
		c.aside--
		c.beginQueued() // what had to wait for it
	case c.aside > 0 || !c.mayBegin():
		r.aside = true
		c.aside++
		c.queue.push(r)
		c.beginLater()
		c.uncorkSoon()
		return false
	default:
		c.ledger.run()
	}
	c.cork(r.queue)
	return true
}

// rejoin has r, which was set aside, wait for its turn again. Its handler counts as running:
// others must not take its place. c.mu is held.
func (c *Conn) rejoin(r *Request) {
	c.ledger.run()
	if r.queue.Add(r) {
		r.Start()
	}
}

// endTurn ends the turn of r, whose result is encoded, before what may wait for a
// peer that does not read.
func (r *Request) endTurn() {
	if r.turn == nil || !r.conn.out.Crowded() {
		return
	}
	if next := r.turn.Finish(); next != nil {
		next.Start()
	}
}
