//go:build amd64 || arm64

package conversation

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// ticker is a timer of the kernel that expires at regular times. Go's poller waits for it.
type ticker struct {
	file *os.File
	raw  syscall.RawConn
	fn   func(fd uintptr) bool
}

// clockMonotonic is CLOCK_MONOTONIC.
const clockMonotonic = 1

// newTicker returns a running ticker, or an error if the process has no more file descriptors.
func newTicker(every time.Duration) (*ticker, error) {
	fd, _, errno := syscall.RawSyscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil, fmt.Errorf("timerfd_create: %w", errno)
	}
	t := &ticker{file: os.NewFile(fd, "ticker")}
	period := syscall.NsecToTimespec(int64(every))
	times := [2]syscall.Timespec{period, period}
	if _, _, errno = syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&times)), 0, 0, 0); errno != 0 {
		t.close()
		return nil, fmt.Errorf("timerfd_settime: %w", errno)
	}
	var err error
	if t.raw, err = t.file.SyscallConn(); err != nil {
		t.close()
		return nil, err
	}
	t.fn = t.read
	return t, nil
}

// read returns false if the timer has not expired. The poller reports the next expiry only if this one was read.
func (t *ticker) read(fd uintptr) bool {
	var times [8]byte
	_, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&times)), uintptr(len(times)))
	return errno == 0
}

// wait waits until the timer expires.
func (t *ticker) wait() error { return t.raw.Read(t.fn) }

// close closes t, which may be nil.
func (t *ticker) close() {
	if t != nil {
		_ = t.file.Close()
	}
}
