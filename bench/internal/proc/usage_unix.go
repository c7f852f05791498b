//go:build unix

package proc

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// Self returns the use of resources of this process.
func Self() Usage {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		panic(err) // it cannot fail
	}
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	return Usage{CPU: ru.Utime.Nano() + ru.Stime.Nano(), Mallocs: int64(ms.Mallocs), RSS: rss(), Faults: int64(ru.Minflt)}
}

// rss returns the resident memory, or 0 if the system does not report it.
func rss() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if f := bytes.Fields(b); err == nil && len(f) > 1 {
		n, _ := strconv.ParseInt(string(f[1]), 10, 64)
		return n * int64(os.Getpagesize())
	}
	return 0
}
