package transport

import (
	"errors"
	"io/fs"
	"net"
	"syscall"
)

// Unavailable tells the errors of dialling after which it is worth to try again:
// nobody listens, or not yet, or the socket's backlog is full.
func Unavailable(err error) bool {
	return errors.Is(err, ConnectionRefused) || errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, fs.ErrNotExist) || backlogFull(err)
}

// backlogFull tells what connecting to a Unix socket says at once on Linux when too
// many others wait for their accept; with TCP, the system tries again by itself.
func backlogFull(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && op.Net == "unix" && errors.Is(err, syscall.EAGAIN)
}
