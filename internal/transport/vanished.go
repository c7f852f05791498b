package transport

import (
	"crypto/tls"
	"net"
	"time"
)

// Watch makes the system detect that the peer of conn has vanished. If the peer is silent, the system
// probes it after every alive, and ends the connection after ten intervals without an answer. It also
// ends the connection if the peer has not acknowledged sent data, or accepted more, for the same time,
// or for unacknowledged if that is longer. It applies to TCP only.
func Watch(conn net.Conn, alive, unacknowledged time.Duration) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	// Errors are ignored, since some systems do not support these options.
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: alive, Interval: alive, Count: probes})
	if raw, err := tcp.SyscallConn(); err == nil {
		limit := max((probes+1)*min(alive, mostTime), min(unacknowledged, mostTime))
		_ = raw.Control(func(fd uintptr) { setUserTimeout(fd, limit) })
	}
}

// probes is the number of probes sent to a silent peer, the default of Go and Linux.
const probes = 9

// mostTime bounds the times passed to the system, which have 32 bits.
const mostTime = 24 * time.Hour
