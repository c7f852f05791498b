package nats

import (
	"os"
	"sync"
	"time"
)

var errDeadline = os.ErrDeadlineExceeded

// deadline is the time at which reading or writing fails. It is guarded by a mutex of its
// owner.
type deadline struct {
	passed bool
	timer  *time.Timer // nil if there is none
}

// set changes the deadline; mu is held. When the deadline has passed, waits gets a token.
func (d *deadline) set(mu *sync.Mutex, waits chan struct{}, at time.Time) {
	d.stop()
	d.passed = false
	if at.IsZero() {
		return
	}
	in := time.Until(at)
	if in <= 0 {
		d.passed = true
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(in, func() {
		mu.Lock()
		if d.timer == timer {
			d.passed = true
		}
		mu.Unlock()
		wake(waits)
	})
	d.timer = timer
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
