//go:build linux && (amd64 || arm64) && !aiomas_plain && !aiomas_noheartbeat

package frame

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The scheduler's monitor thread (sysmon) sleeps while the process is idle, for up
// to a minute or until the next timer. Only system calls made through package
// syscall wake it: after a raw read, a goroutine could compute for a minute
// without being preempted. So raw calls are made only while a timer wakes the
// monitor every beatTime, and the call that starts the timer is not raw.
//
// Every wait for input ends at that timer, too. The kernel reprograms its clock for
// such a wait if the timer is due before its own tick of some milliseconds, which
// costs a microsecond or two on a virtual machine. So a reader whose data arrive at
// short intervals renews the timer before that; see renewBeat.
const beatTime = 20 * time.Millisecond

// renewAfter is the number of reads of a connection after which it renews the timer.
const renewAfter = 32

var (
	beating atomic.Bool // a timer runs
	busy    atomic.Bool // there was a read or write since the last beat

	beat struct {
		mu sync.Mutex
		// One of them runs. The runtime would notice a later time of a running timer only
		// when it is due, but that a timer was stopped at once.
		timers [2]*time.Timer
		at     int // the one that runs
	}
)

// The timers are made here, not on first use, which may be in a bubble of
// testing/synctest: they would belong to the bubble.
func init() {
	for i := range beat.timers {
		beat.timers[i] = time.AfterFunc(time.Hour, onBeat)
		beat.timers[i].Stop()
	}
}

// onBeat is called by the timer that runs.
func onBeat() {
	if busy.Swap(false) {
		runBeat()
		return
	}
	beating.Store(false)
	if busy.Load() { // the goroutine that set it may have found the timer running
		startBeat()
	}
}

func startBeat() {
	if beating.CompareAndSwap(false, true) {
		runBeat()
	}
}

func runBeat() {
	beat.mu.Lock()
	defer beat.mu.Unlock()
	beat.timers[beat.at].Reset(beatTime)
}

// renewBeat lets beatTime begin again.
func renewBeat() {
	if !beat.mu.TryLock() {
		return // another goroutine does it
	}
	defer beat.mu.Unlock()
	if beat.timers[beat.at].Stop() { // else onBeat is called
		beat.at = 1 - beat.at
		beat.timers[beat.at].Reset(beatTime)
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

// keepBeating is for a [Pipe], which makes no system calls of its own: its loop makes raw ones
// to look at sockets.
func keepBeating() {
	if !beats() {
		_, _ = syscall.Read(-1, nil) // wakes the monitor
	}
}
