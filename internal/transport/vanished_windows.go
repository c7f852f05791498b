package transport

import (
	"syscall"
	"time"
)

const tcpMaxRetransmission = 5 // TCP_MAXRT, in seconds

// setUserTimeout bounds how long sent data may be sent again.
func setUserTimeout(fd uintptr, d time.Duration) {
	_ = syscall.SetsockoptInt(syscall.Handle(fd), syscall.IPPROTO_TCP, tcpMaxRetransmission, seconds(d))
}
