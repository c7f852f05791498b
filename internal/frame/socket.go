package frame

import (
	"net"
	"syscall"
)

// socket returns the RawConn of conn, or nil if conn is not a socket of package
// net itself. A user's type that embeds such a socket has SyscallConn, but may
// read and write differently.
func socket(conn net.Conn) syscall.RawConn {
	var sc syscall.Conn
	switch conn := conn.(type) {
	case *net.TCPConn:
		sc = conn
	case *net.UnixConn:
		sc = conn
	default:
		return nil
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil // it is closed
	}
	return rc
}
