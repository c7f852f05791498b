//go:build unix

package proc

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// Self returns what this process has used.
func Self() Usage {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		panic(err) // it has no way to fail
	}
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	return Usage{CPU: ru.Utime.Nano() + ru.Stime.Nano(), Mallocs: int64(ms.Mallocs), RSS: rss()}
}

// rss is the memory that is resident now; 0 where the system does not tell.
func rss() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if f := bytes.Fields(b); err == nil && len(f) > 1 {
		n, _ := strconv.ParseInt(string(f[1]), 10, 64)
		return n * int64(os.Getpagesize())
	}
	return 0
}
