//go:build !windows

package transport

import "syscall"

// ConnectionRefused and ConnectionReset are what the system says.
const (
	ConnectionRefused = syscall.ECONNREFUSED
	ConnectionReset   = syscall.ECONNRESET
)
