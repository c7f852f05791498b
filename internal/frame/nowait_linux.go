//go:build linux && (amd64 || arm64) && !race

package frame

import (
	"syscall"
	"unsafe"
)

// Reading from and writing to a socket without waiting is over in a few
// microseconds, so the scheduler need not hear of it. To tell it of each costs as
// much as all else that this library does for a call: when the process has been
// idle, that wakes the scheduler's monitor, a thread that soon sleeps again. One
// call at a time is 1.3 times as fast without, and 100 in flight 1.15 times.
//
// But the monitor has to be awake where goroutines compute for long, since it
// interrupts them; see beatTime. The race detector has to hear of each, too.

// longWrite is told of, since it may take longer.
const longWrite = 16 << 10

// No wait, even if somebody made the socket one that blocks: os.File.Fd does that
// to the file of a connection, and here it would stop the whole process.
const dontWait = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL

// readNow is syscall.Read from a socket that does not block.
func readNow(fd int, p []byte) (int, error) {
	if len(p) > 0 && beats() {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), dontWait, 0, 0)
		if errno != 0 {
			return -1, errno
		}
		return int(n), nil
	}
	return syscall.Read(fd, p)
}

// writeNow is syscall.Write to a socket that does not block.
func writeNow(fd int, p []byte) (int, error) {
	if len(p) > 0 && len(p) <= longWrite && beats() {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), dontWait, 0, 0)
		if errno != 0 {
			return -1, errno
		}
		return int(n), nil
	}
	return syscall.Write(fd, p)
}
