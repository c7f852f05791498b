//go:build !windows

package aiomas

import "syscall"

const connectionRefused = syscall.ECONNREFUSED

const connectionReset = syscall.ECONNRESET
