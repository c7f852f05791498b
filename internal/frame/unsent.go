package frame

import "net"

// Unsent returns how many bytes that were written to conn the system still has to
// bring to the peer. ok is false where that cannot be told.
func Unsent(conn net.Conn) (n int, ok bool) {
	if secure, is := conn.(interface{ NetConn() net.Conn }); is { // a *tls.Conn
		conn = secure.NetConn()
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
