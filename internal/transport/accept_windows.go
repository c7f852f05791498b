package transport

import "syscall"

// passingErrnos are the errors of WSAAccept and AcceptEx that do not concern the listener.
var passingErrnos = []syscall.Errno{
	10024, // WSAEMFILE
	10055, // WSAENOBUFS
	10053, // WSAECONNABORTED
	10054, // WSAECONNRESET
	64,    // ERROR_NETNAME_DELETED
	121,   // ERROR_SEM_TIMEOUT
}
