//go:build (amd64 || arm64) && !aiomas_plain

package arrival

import (
	"syscall"
	"unsafe"
)

// readyNow is syscall.EpollWait without waiting. It does not notify the
// scheduler: notifying costs a tenth of the calls per second with one call at a
// time. The scheduler's monitor is awake nevertheless, since the ready sockets
// are read next; see the reads of package frame.
func readyNow(epfd int, events []syscall.EpollEvent) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
