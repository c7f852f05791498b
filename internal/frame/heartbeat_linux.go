//go:build linux && (amd64 || arm64) && !aiomas_plain && !aiomas_noheartbeat

package frame

import (
	"sync/atomic"
	"time"
)

// The scheduler's monitor thread (sysmon) sleeps while the process is idle, for up
// to a minute or until the next timer. Only system calls made through package
// syscall wake it: after a raw read, a goroutine could compute for a minute
// without being preempted. So raw calls are made only while a timer wakes the
// monitor every beatTime, and the call that starts the timer is not raw. With half
// of beatTime the kernel reprograms its clock more often, which costs 5% of the
// calls.
const beatTime = 20 * time.Millisecond

var (
	beating atomic.Bool // the timer runs
	busy    atomic.Bool // there was a read or write since the last beat
	beat    *time.Timer
)

// The timer is made here, not on first use, which may be in a bubble of
// testing/synctest: the timer would belong to the bubble.
func init() {
	beat = time.AfterFunc(time.Hour, func() {
		if busy.Swap(false) {
			beat.Reset(beatTime)
			return
		}
		beating.Store(false)
		if busy.Load() { // the goroutine that set it may have found the timer running
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

// beats reports whether the timer is running, and starts it if not.
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
