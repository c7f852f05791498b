package frame

import "net"

// Unsent returns the number of bytes written to conn that the system has not
// yet delivered to the peer. ok is false if the number is unknown.
func Unsent(conn net.Conn) (n int, ok bool) {
	if secure, is := conn.(interface{ NetConn() net.Conn }); is { // a *tls.Conn
		conn = secure.NetConn()
	}
	if p, is := conn.(Pipe); is {
		return p.Unsent(), true
	}
	rc := socket(conn)
	if rc == nil {
		return 0, false
	}
	if rc.Control(func(fd uintptr) { n, ok = unsent(fd) }) != nil {
		return 0, false // it is closed
	}
	return n, ok
}
