package inmemory

import (
	"sync"
	"time"
)

// deadline is a deadline that can be changed. It is safe for concurrent use.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	done  chan struct{} // closed when the time has passed
}

// newDeadline returns a deadline that never passes.
func newDeadline() deadline { return deadline{done: make(chan struct{})} }

// set changes the deadline; the zero time never passes.
func (d *deadline) set(t time.Time) {
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

// passed returns a channel that is closed when the present deadline passes.
func (d *deadline) passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}
