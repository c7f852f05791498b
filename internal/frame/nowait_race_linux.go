//go:build (amd64 || arm64) && !aiomas_plain && race

package frame

import (
	"runtime"
	"syscall"
	"unsafe"
)

// raceRead tells the race detector of a read into p, as syscall.Read does: also that
// what came before the write of these bytes came before it. Package syscall keeps to
// itself by what it knows that. So it reads another time: nothing, which takes no time.
func raceRead(fd int, p []byte) {
	if len(p) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&p[0]), len(p))
	}
	_, _ = syscall.Read(fd, nil)
}

// raceWrite tells it of a write of p that is to come: by one to no file.
func raceWrite(p []byte) {
	runtime.RaceReadRange(unsafe.Pointer(&p[0]), len(p))
	_, _ = syscall.Write(-1, nil)
}
