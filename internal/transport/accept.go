package transport

import (
	"errors"
	"net"
	"slices"
	"syscall"
)

// Passing reports whether Accept may succeed after err. That is so for errors of a connection
// that has already ended, for a shortage of resources, and for errors that say that they are
// temporary.
func Passing(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	var errno syscall.Errno
	if errors.As(err, &errno) && slices.Contains(passingErrnos, errno) {
		return true
	}
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}
