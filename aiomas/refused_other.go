//go:build !windows

package aiomas

import "syscall"

const connectionRefused = syscall.ECONNREFUSED
