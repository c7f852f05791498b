package proc

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pageFault takes pages of memory from the system, and returns them.
func pageFault() (n int) {
	const size = 16 << 20
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return 0
	}
	defer func() { _ = unix.Munmap(mem) }()
	if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil {
		return 0
	}
	page := os.Getpagesize()
	for i := 0; i < size; i += page {
		mem[i] = 1
	}
	return size / page
}

func systemCall() (n int) {
	const calls = 20_000
	for range calls {
		_, _, _ = syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	}
	return calls
}

// ExactTimers makes system calls of this thread end when their time is over, instead of up to
// 50 µs later.
func ExactTimers() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, unix.PR_SET_TIMERSLACK, 1, 0)
}

// Sleep sleeps for d more exactly than time.Sleep does, which may take a millisecond longer.
func Sleep(d time.Duration) {
	ExactTimers() // the goroutine may have changed its thread
	t := unix.NsecToTimespec(int64(d))
	for errors.Is(unix.Nanosleep(&t, &t), unix.EINTR) { // t is then the rest
	}
}
