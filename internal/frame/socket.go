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

// Pipe is a connection within the process that is read and written as a socket is: frames
// are delayed and written together, and one goroutine may read many of them.
type Pipe interface {
	net.Conn
	TryWriter
	ReadWaiter
	// TryRead returns the number of bytes read into p without waiting: 0 at the end of
	// the stream, -1 if no data are available now.
	TryRead(p []byte) (n int, err error)
	// Unsent returns the number of bytes written that the peer has not read.
	Unsent() int
}
