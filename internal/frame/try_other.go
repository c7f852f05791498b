//go:build !unix

package frame

import "syscall"

// Other systems have no non-blocking reads.
type tryReader struct{}

func (*tryReader) init(syscall.RawConn) bool { return false }

func (*tryReader) read([]byte) (int, error) { panic("unreachable: it does not work") }
