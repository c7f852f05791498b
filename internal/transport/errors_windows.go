package transport

import "syscall"

// ConnectionRefused is WSAECONNREFUSED, and ConnectionReset is WSAECONNRESET. Windows does not use
// the values of ECONNREFUSED and ECONNRESET in package syscall.
const (
	ConnectionRefused = syscall.Errno(10061)
	ConnectionReset   = syscall.WSAECONNRESET
)
