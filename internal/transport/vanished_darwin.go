package transport

import (
	"syscall"
	"time"
)

const tcpRetransmitDropTime = 0x80 // TCP_RXT_CONNDROPTIME, in seconds

// setUserTimeout bounds the time during which data is retransmitted.
func setUserTimeout(fd uintptr, d time.Duration) {
	_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpRetransmitDropTime, seconds(d))
}
