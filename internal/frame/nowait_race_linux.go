//go:build (amd64 || arm64) && !aiomas_plain && race

package frame

import (
	"runtime"
	"syscall"
	"unsafe"
)

// raceRead notifies the race detector of a read into p, as syscall.Read does, including
// that events before the write of these bytes happened before the read. Package syscall
// does not export the variable for this. So raceRead makes another read, of zero bytes,
// which takes no time.
func raceRead(fd int, p []byte) {
	if len(p) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&p[0]), len(p))
	}
	_, _ = syscall.Read(fd, nil)
}

// raceWrite notifies the race detector of a write of p that follows. For this, it
// writes to an invalid file descriptor.
func raceWrite(p []byte) {
	runtime.RaceReadRange(unsafe.Pointer(&p[0]), len(p))
	_, _ = syscall.Write(-1, nil)
}
