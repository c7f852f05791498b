//go:build linux && (amd64 || arm64) && !aiomas_plain

package frame

import (
	"syscall"
	"unsafe"
)

// The scheduler need not be notified of non-blocking reads and writes of a
// socket, since they take only a few microseconds (so they are raw system
// calls). Notifying it costs as much as all other work of this library for a
// call: in an idle process it wakes the scheduler's monitor thread, which soon
// sleeps again. Without the notification, one call at a time is 1.3 times as
// fast, and 100 in flight 1.15 times.
//
// But the monitor must be awake while goroutines compute, since it preempts
// them; see beatTime. The race detector is notified of each call, too.

// Writes of more than longWrite bytes notify the scheduler, since they take longer
// than any read of a [Reader]. With a limit of 16 KiB an echo of 64 KiB needed a fifth
// to a third more CPU.
const longWrite = bufferSize

// Never block, even if the socket was set to blocking mode, as os.File.Fd does: a
// blocking raw call would stop the whole process.
const dontWait = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL

// readNow is a non-blocking syscall.Read from a socket.
func readNow(fd int, p []byte) (int, error) {
	if len(p) > 0 && beats() {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), dontWait, 0, 0)
		if errno != 0 {
			return -1, errno
		}
		raceRead(fd, p[:n])
		return int(n), nil
	}
	return syscall.Read(fd, p)
}

// writeNow is a non-blocking syscall.Write to a socket.
func writeNow(fd int, p []byte) (int, error) {
	if len(p) > 0 && len(p) <= longWrite && beats() {
		raceWrite(p)
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), dontWait, 0, 0)
		if errno != 0 {
			return -1, errno
		}
		return int(n), nil
	}
	return syscall.Write(fd, p)
}
