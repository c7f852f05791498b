package proc

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Hop measures the time for a word in memory to get from one core to another, in ns: two
// threads on separate cores answer each other for about a millisecond. It returns 0 if
// there are fewer than two cores.
func Hop() float64 {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < 2 || runtime.GOMAXPROCS(0) < 2 {
		return 0
	}
	cpus := make([]int, 0, all.Count())
	for i := 0; len(cpus) < all.Count(); i++ {
		if all.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	const batches, trips = 5, 500
	var ball struct {
		_ [64]byte // alone on its cache line
		atomic.Int64
		_ [64]byte
	}
	least := time.Hour // least time of a batch: other load makes it longer
	var failed atomic.Bool
	var wg sync.WaitGroup
	for side, cpu := range []int{cpus[0], cpus[len(cpus)-1]} {
		wg.Go(func() {
			runtime.LockOSThread() // never unlocked, so that the thread ends with the goroutine
			var one unix.CPUSet
			one.Set(cpu)
			if err := unix.SchedSetaffinity(0, &one); err != nil {
				failed.Store(true)
			}
			turn := int64(side)
			for range batches {
				start := time.Now()
				for range trips {
					for ball.Load() != turn {
					}
					ball.Store(turn + 1)
					turn += 2
				}
				if side == 0 {
					least = min(least, time.Since(start))
				}
			}
		})
	}
	wg.Wait()
	if failed.Load() {
		return 0
	}
	return float64(least) / (2 * trips)
}
