package frame

import (
	"syscall"
	"unsafe"
)

// unsent returns the number of bytes that the peer has not acknowledged or, for
// a Unix socket, has not read.
func unsent(fd uintptr) (int, bool) {
	var n int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n))) //nolint:gosec // where the kernel writes the answer
	return int(n), errno == 0
}
