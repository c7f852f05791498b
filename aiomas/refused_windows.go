package aiomas

import "syscall"

// connectionRefused is WSAECONNREFUSED: the ECONNREFUSED of package syscall is a
// number that Windows does not use.
const connectionRefused = syscall.Errno(10061)

// connectionReset is WSAECONNRESET, for the same reason.
const connectionReset = syscall.WSAECONNRESET
