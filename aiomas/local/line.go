package local

import (
	"slices"
	"sync"
	"time"
)

// patience is how long the other connections of a line wait for one whose reader
// does not come for its chunk, or not back from it. Nobody else must wait for
// ever for a connection that is not read from.
const patience = 50 * time.Millisecond

// line puts what arrives over several connections in order: one chunk is
// delivered at a time, in the order of sending. A chunk is what one Write sent.
// Without settle, a connection that is not read from loses its turn.
//
// Lock order: line.mu before pipe.mu.
type line struct {
	settle func() // nil: a chunk is over when its reader comes back for more
	next   Scheduler

	mu      sync.Mutex
	waiting []*pipe     // one entry for each chunk that was not delivered
	reading *pipe       // has a chunk that is not over; without settle
	turn    uint64      // counts the chunks that were reading
	timer   *time.Timer // of the patience with reading
	pumping bool        // a goroutine delivers; with settle
}

// add enters a chunk of p, which was appended to it.
func (l *line) add(p *pipe) {
	if l == nil {
		p.release()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.stalled {
		p.release()
		return
	}
	l.waiting = append(l.waiting, p)
	switch {
	case l.settle == nil:
		l.advance()
	case !l.pumping:
		l.pumping = true
		go l.pump()
	}
}

// pump delivers until nothing is left. It does not settle after the last chunk:
// in a bubble whose test has ended no time passes any more.
func (l *line) pump() {
	for more := true; more; {
		l.settle()
		p := l.choose()
		l.mu.Lock()
		if i := slices.Index(l.waiting, p); i >= 0 { // it may have been dropped since
			l.take(i).release()
		}
		more = len(l.waiting) > 0
		l.pumping = more
		l.mu.Unlock()
	}
}

// advance delivers the next chunk unless one is being read; l.mu is held.
func (l *line) advance() {
	for l.reading == nil && len(l.waiting) > 0 {
		p := l.shift()
		if !p.release() {
			continue // its reader has gone
		}
		l.reading = p
		l.turn++
		turn := l.turn
		l.timer = time.AfterFunc(patience, func() { l.giveUp(p, turn) })
	}
}

// giveUp ends the turn of p: what is sent to it is delivered out of turn until
// its reader comes back.
func (l *line) giveUp(p *pipe, turn uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reading != p || l.turn != turn {
		return
	}
	p.stalled = true
	l.waiting = slices.DeleteFunc(l.waiting, func(q *pipe) bool {
		if q == p {
			p.release()
		}
		return q == p
	})
	l.reading = nil
	l.advance()
}

func (l *line) shift() *pipe { return l.take(0) }

func (l *line) take(i int) *pipe {
	p := l.waiting[i]
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return p
}

// leave forgets what p, whose reader has gone, had to deliver.
func (l *line) leave(p *pipe) {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.waiting = slices.DeleteFunc(l.waiting, func(q *pipe) bool { return q == p })
	l.mu.Unlock()
	l.over(p)
}

// over says that the reader of p is done with its chunk.
func (l *line) over(p *pipe) {
	if l == nil || l.settle != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p.stalled = false
	if l.reading == p {
		l.timer.Stop()
		l.reading = nil
		l.advance()
	}
}
