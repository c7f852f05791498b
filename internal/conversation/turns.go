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

// Turn returns the turn of r's handler, nil if it needs none.
func (r *Request) Turn() *turn.Turn { return r.turn }

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

// runTurns handles r, which has the turn of its queue, and then what has that turn
// next. Those may be requests of other connections.
func runTurns(r *Request) {
	growStack(false)
	for r != nil {
		t := new(turn.Turn)
		t.Begin(r.queue)
		var next turn.Task
		if r.conn.admits(r) {
			next = handleTurn(r, t)
		} else {
			next = t.Finish()
		}
		var ok bool
		if r, ok = next.(*Request); !ok && next != nil { // of the program's own
			next.Start()
		}
	}
}

// handleTurn handles r, and returns what has the turn after it.
func handleTurn(r *Request, t *turn.Turn) turn.Task {
	c := r.conn
	returned := false
	defer func() {
		if !returned { // r is answered, but its handler called runtime.Goexit
			next := t.Finish()
			c.finished(r, false)
			if next != nil {
				next.Start()
			}
		}
	}()
	r.turn = t
	c.handler.Handle(r)
	returned = true
	next := t.Finish()
	c.finished(r, false)
	return next
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
		return true
	case c.aside > 0 || !c.mayBegin():
		r.aside = true
		c.aside++
		c.queue.push(r)
		c.beginLater()
		return false
	}
	c.ledger.run()
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
