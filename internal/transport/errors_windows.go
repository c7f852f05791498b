package transport

import "syscall"

// ConnectionRefused is WSAECONNREFUSED: the ECONNREFUSED of package syscall is a
// number that Windows does not use. ConnectionReset is WSAECONNRESET, for the same
// reason.
const (
	ConnectionRefused = syscall.Errno(10061)
	ConnectionReset   = syscall.WSAECONNRESET
)
