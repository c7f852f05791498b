//go:build !unix

package frame

import "syscall"

// Other systems have no non-blocking reads and writes: the reader keeps a
// buffer while it waits, and a goroutine of the writer writes.

type rawReader struct{ hasty bool }

func (*rawReader) init(syscall.RawConn) {}

func (*rawReader) works() bool { return false }

func (*rawReader) read() (*Memory, int, error) { panic("unreachable: it does not work") }

type rawWriter struct{}

func (*rawWriter) init(syscall.RawConn) {}

func (*rawWriter) works() bool { return false }

func (*rawWriter) write([]byte) (int, error) { panic("unreachable: it does not work") }
