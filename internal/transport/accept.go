package transport

import (
	"errors"
	"net"
	"slices"
	"syscall"
)

// Passing tells an error of Accept after which the next one may succeed, from one
// that is the listener's end: what the system says of one connection that is gone
// again, or of something that there is too little of, and what says of itself that
// it is temporary.
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
