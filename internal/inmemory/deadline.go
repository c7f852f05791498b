package inmemory

import (
	"sync"
	"time"
)

// Deadline is a deadline of a connection in memory that can be changed. It is safe for
// concurrent use.
type Deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	done  chan struct{} // closed when the time has passed
}

// NewDeadline returns a deadline that never passes.
func NewDeadline() Deadline { return Deadline{done: make(chan struct{})} }

// Set changes the deadline; the zero time never passes.
func (d *Deadline) Set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.done // the timer's function is about to close it
	}
	d.timer = nil
	select {
	case <-d.done:
		d.done = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return
	}
	if in := time.Until(t); in > 0 {
		done := d.done
		d.timer = time.AfterFunc(in, func() { close(done) })
		return
	}
	close(d.done)
}

// Passed returns a channel that is closed when the present deadline passes.
func (d *Deadline) Passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}
