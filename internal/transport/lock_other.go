//go:build !unix || solaris || aix

package transport

import (
	"errors"
	"os"
)

var errLocked = errors.New("locked by another process")

// tryLock does nothing: these systems have no such lock.
func tryLock(*os.File) error { return nil }
