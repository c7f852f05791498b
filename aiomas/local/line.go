package local

import (
	"slices"
	"sync"
	"time"
)

// patience is how long the other connections of a line wait for a reader that does not
// fetch its chunk, or does not read again after it. It is long enough for a reader on a
// busy machine, since the order is lost afterwards, but bounded, so that a connection that
// is not read from does not block the others forever.
const patience = time.Second

// line orders the data of several connections: one chunk is delivered at a
// time, in the order of sending. A chunk is the data of one Write. Without
// settle, a connection that is not read from loses its turn.
//
// Lock order: line.mu before pipe.mu.
type line struct {
	settle func() // nil: a chunk is finished when its reader reads again
	next   Scheduler

	mu      sync.Mutex
	waiting []*pipe     // one entry for each undelivered chunk
	reading *pipe       // has an unfinished chunk; without settle
	turn    uint64      // counts the chunks delivered to reading
	timer   *time.Timer // ends the patience with reading
	pumping bool        // a goroutine delivers; with settle
}

// add enters a chunk of p, which was appended to p before.
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

// pump delivers until nothing is left. It does not settle after the last chunk,
// since time stops in a bubble whose test has ended.
func (l *line) pump() {
	for more := true; more; {
		l.settle()
		p := l.choose()
		l.mu.Lock()
		if i := slices.Index(l.waiting, p); i >= 0 { // it may have been dropped meanwhile
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
			continue // its reader is closed
		}
		l.reading = p
		l.turn++
		turn := l.turn
		l.timer = time.AfterFunc(patience, func() { l.giveUp(p, turn) })
	}
}

// giveUp ends the turn of p: chunks sent to it are delivered out of order until
// its reader reads again.
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

// leave drops the undelivered chunks of p, whose reader is closed.
func (l *line) leave(p *pipe) {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.waiting = slices.DeleteFunc(l.waiting, func(q *pipe) bool { return q == p })
	l.mu.Unlock()
	l.over(p)
}

// over is called when the reader of p has finished its chunk.
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
