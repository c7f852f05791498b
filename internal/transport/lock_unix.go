//go:build unix && !solaris && !aix

package transport

import (
	"os"
	"syscall"
)

// errLocked means that another process has the lock.
const errLocked = syscall.EWOULDBLOCK

// tryLock locks f until f is closed. It does not wait.
func tryLock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a file descriptor
		if err != syscall.EINTR {
			return err
		}
	}
}
