package transport

import (
	"errors"
	"io/fs"
	"net"
	"syscall"
)

// Unavailable reports whether another attempt to dial may succeed: no server listens yet, or the
// socket's backlog is full.
func Unavailable(err error) bool {
	return errors.Is(err, ConnectionRefused) || errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, fs.ErrNotExist) || backlogFull(err)
}

// backlogFull reports whether err is what Linux returns at once if the backlog of a Unix socket is
// full; for TCP the system retries by itself.
func backlogFull(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && op.Net == "unix" && errors.Is(err, syscall.EAGAIN)
}
