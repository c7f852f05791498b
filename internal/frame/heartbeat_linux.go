//go:build linux && (amd64 || arm64) && !race

package frame

import (
	"sync/atomic"
	"time"
)

// The scheduler's monitor sleeps while all is idle, for a minute or until the next
// timer. It is woken by system calls that the scheduler hears of, and by nothing
// else: after a read that it has not heard of, a goroutine could compute for that
// minute and nobody would interrupt it for others. So such calls are made only
// while a timer ends that sleep after beatTime, and the call that starts it is one
// that wakes the monitor. With half that time the kernel has to set its clock for
// it more often, for 5% of the calls.
const beatTime = 20 * time.Millisecond

var (
	beating atomic.Bool // the timer runs
	busy    atomic.Bool // there was something to read or write since the last beat
	beat    *time.Timer
)

// The timer is made here, not where it is needed first: that may be in a bubble of
// testing/synctest, whose time it would be bound to.
func init() {
	beat = time.AfterFunc(time.Hour, func() {
		if busy.Swap(false) {
			beat.Reset(beatTime)
			return
		}
		beating.Store(false)
		if busy.Load() { // who has set it since may have seen the timer run
			startBeat()
		}
	})
	beat.Stop()
}

func startBeat() {
	if beating.CompareAndSwap(false, true) {
		beat.Reset(beatTime)
	}
}

// beats reports whether the timer runs, and starts it.
func beats() bool {
	if !busy.Load() {
		busy.Store(true)
	}
	if beating.Load() {
		return true
	}
	startBeat()
	return false
}
