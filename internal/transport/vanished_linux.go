package transport

import (
	"syscall"
	"time"
)

const tcpUserTimeout = 0x12 // package syscall has it for some architectures only

// setUserTimeout bounds the time during which sent data may be unacknowledged.
func setUserTimeout(fd uintptr, d time.Duration) {
	_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
}
