// Package testcost checks in tests whether the cost of work grows faster than its
// input. It compares times with each other, never with a limit, since a slow or busy
// machine changes both. It also measures the memory that is in use.
package testcost

import (
	"runtime"
	"time"
)

// Exceeds reports whether large takes more than limit times as long as small does so
// many times, which should be about as long. It measures them by turns and compares
// the best of each, and believes that they differ only after several rounds. What
// takes less than noise is never too much.
func Exceeds(limit float64, times int, small, large func()) bool {
	const rounds, fewRounds, patience, noise = 60, 12, 10 * time.Second, 4 * time.Millisecond
	bestSmall, bestLarge := time.Hour, time.Hour
	start := time.Now()
	for round := 0; round < rounds && (round < fewRounds || time.Since(start) < patience); round++ {
		bestSmall, bestLarge = min(bestSmall, took(times, small)), min(bestLarge, took(1, large))
		if bestLarge < noise || float64(bestLarge) <= limit*float64(bestSmall) {
			return false
		}
	}
	return true
}

func took(times int, f func()) time.Duration {
	start := time.Now()
	for range times {
		f()
	}
	return time.Since(start)
}

// Search calls try until it has taken about so long, at least once.
func Search(d time.Duration, try func()) {
	for start := time.Now(); ; {
		if try(); time.Since(start) > d {
			return
		}
	}
}

// LiveHeap returns the bytes of all objects on the heap that are in use.
func LiveHeap() uint64 {
	for range 3 { // pools are empty after two
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
