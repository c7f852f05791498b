package frame

import (
	"net"
	"syscall"
)

// Socket is a connection that can be read and written without waiting, for a goroutine
// that handles many connections. Only one goroutine at a time may read, and only one
// may write.
type Socket struct {
	conn syscall.RawConn
	in   tryReader
	out  rawWriter
}

// NewSocket returns conn as a Socket. It returns nil if conn is not a socket of package
// net, or the system has no non-blocking reads.
func NewSocket(conn net.Conn) *Socket {
	s := &Socket{conn: socket(conn)}
	if s.conn == nil || !s.in.init(s.conn) {
		return nil
	}
	s.out.init(s.conn)
	return s
}

// Conn returns the underlying socket.
func (s *Socket) Conn() syscall.RawConn { return s.conn }

// Read returns the number of bytes read into p, which is not empty; 0 at the end of the
// stream, -1 if no data are available now.
func (s *Socket) Read(p []byte) (int, error) { return s.in.read(p) }

// Write returns the number of bytes of p that the socket accepted.
func (s *Socket) Write(p []byte) (int, error) { return s.out.write(p) }
