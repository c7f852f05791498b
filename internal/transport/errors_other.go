//go:build !windows

package transport

import "syscall"

// ConnectionRefused and ConnectionReset are the system's error numbers.
const (
	ConnectionRefused = syscall.ECONNREFUSED
	ConnectionReset   = syscall.ECONNRESET
)
