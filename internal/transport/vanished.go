package transport

import (
	"crypto/tls"
	"net"
	"time"
)

// Watch lets the system find out that conn's peer has vanished: from a silent one
// it wants a sign of life after every alive, and ends the connection after ten that
// did not come. It ends it as well when the peer has not acknowledged what was sent,
// or taken more of it, for as long as these take together, or for unacknowledged if
// that is longer. Only TCP has peers that can vanish.
func Watch(conn net.Conn, alive, unacknowledged time.Duration) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	// These are hints, and there are systems that have none of them.
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: alive, Interval: alive, Count: probes})
	if raw, err := tcp.SyscallConn(); err == nil {
		limit := max((probes+1)*min(alive, mostTime), min(unacknowledged, mostTime))
		_ = raw.Control(func(fd uintptr) { setUserTimeout(fd, limit) })
	}
}

// probes is how often a silent peer is asked; it is what Go and Linux take by
// themselves.
const probes = 9

// mostTime bounds what is given to the system, in numbers of 32 bits.
const mostTime = 24 * time.Hour
