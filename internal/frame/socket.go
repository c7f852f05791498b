package frame

import (
	"net"
	"syscall"
)

// socket returns what reads and writes conn without waiting, nil if it is no plain
// socket. A type of a user's that embeds one is none: it may read and write in
// another way, and has SyscallConn all the same.
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
