package frame

import "syscall"

// soNwrite is SO_NWRITE, which package syscall does not have.
const soNwrite = 0x1024

// unsent returns the number of bytes that the peer has not acknowledged.
func unsent(fd uintptr) (int, bool) {
	n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, soNwrite)
	return n, err == nil
}
