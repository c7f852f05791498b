//go:build unix && (!linux || !(amd64 || arm64) || aiomas_plain)

package frame

import "syscall"

// With the build tag aiomas_plain, which is for tests, all Unix systems use
// these functions.

func readNow(fd int, p []byte) (int, error)  { return syscall.Read(fd, p) }
func writeNow(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }
