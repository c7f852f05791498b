package frame

import (
	"net"
	"syscall"
)

// Socket is a connection that can be read and written without waiting, for one
// goroutine that does so with many. Reads, and writes, are of one goroutine at a time.
type Socket struct {
	conn syscall.RawConn
	in   tryReader
	out  rawWriter
}

// NewSocket returns conn as a Socket, or nil if it is none: no socket of package net, or
// the system has no reads that do not wait.
func NewSocket(conn net.Conn) *Socket {
	s := &Socket{conn: socket(conn)}
	if s.conn == nil || !s.in.init(s.conn) {
		return nil
	}
	s.out.init(s.conn)
	return s
}

// Conn returns the socket for the system.
func (s *Socket) Conn() syscall.RawConn { return s.conn }

// Read returns how many bytes it read into p, which is not empty; 0 at the end of the
// stream, -1 if there is nothing now.
func (s *Socket) Read(p []byte) (int, error) { return s.in.read(p) }

// Write returns how many bytes of p the socket accepted.
func (s *Socket) Write(p []byte) (int, error) { return s.out.write(p) }
