package nats

import (
	"os"
	"sync"
	"time"
)

var errDeadline = os.ErrDeadlineExceeded

// deadline is the time at which reading or writing fails. It is guarded by a mutex of its
// owner. Its timer is not changed when the deadline is moved to a later time, as it is for
// each part of a large message.
type deadline struct {
	passed bool
	at     time.Time // zero if there is none
	due    time.Time // when the timer fires; zero if it does not
	timer  *time.Timer
}

// set changes the deadline; mu is held. When the deadline has passed, waits gets a token.
func (d *deadline) set(mu *sync.Mutex, waits chan struct{}, at time.Time) {
	d.passed, d.at = false, at
	if at.IsZero() {
		return
	}
	in := time.Until(at)
	if d.passed = in <= 0; d.passed || !d.due.IsZero() && !d.due.After(at) {
		return
	}
	d.due = at
	if d.timer != nil {
		d.timer.Reset(in)
		return
	}
	d.timer = time.AfterFunc(in, func() {
		mu.Lock()
		defer mu.Unlock()
		in := time.Until(d.at)
		switch {
		case d.at.IsZero():
			d.due = time.Time{}
		case in > 0:
			d.due = d.at
			d.timer.Reset(in)
		default:
			d.passed, d.due = true, time.Time{}
			wake(waits)
		}
	})
}

func (d *deadline) stop() {
	d.at, d.due = time.Time{}, time.Time{}
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
