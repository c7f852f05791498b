package transport

import (
	"syscall"
	"time"
)

const tcpRetransmitDropTime = 0x80 // TCP_RXT_CONNDROPTIME, in seconds

// setUserTimeout bounds how long sent data may be sent again.
func setUserTimeout(fd uintptr, d time.Duration) {
	_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpRetransmitDropTime, seconds(d))
}
