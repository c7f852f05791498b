package transport

import (
	"syscall"
	"time"
)

const tcpUserTimeout = 0x12 // package syscall has it for some processors only

// setUserTimeout bounds how long sent data may wait for its acknowledgement.
func setUserTimeout(fd uintptr, d time.Duration) {
	_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
}
