//go:build !unix

package frame

import "syscall"

// Elsewhere a socket cannot be read without waiting.
type tryReader struct{}

func (*tryReader) init(syscall.RawConn) bool { return false }

func (*tryReader) read([]byte) (int, error) { panic("unreachable: it does not work") }
