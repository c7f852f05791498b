package transport

import (
	"syscall"
	"time"
)

const tcpMaxRetransmission = 5 // TCP_MAXRT, in seconds

// setUserTimeout bounds the time during which data is retransmitted.
func setUserTimeout(fd uintptr, d time.Duration) {
	_ = syscall.SetsockoptInt(syscall.Handle(fd), syscall.IPPROTO_TCP, tcpMaxRetransmission, seconds(d))
}
