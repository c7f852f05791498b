package agent

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// dieWithParent makes the system end the process when the thread that started it ends. It is
// needed if there is no shell.
func dieWithParent(attr *syscall.SysProcAttr) {
	if attr.Pdeathsig == 0 {
		attr.Pdeathsig = syscall.SIGTERM
	}
}

// waitExited waits for the end of a child process without reaping it. It returns false if that
// is not possible.
func waitExited(pid int) bool {
	const byPID = 1               // P_PID
	var info [128]byte            // siginfo_t
	const keep uintptr = 1 << 24  // WNOWAIT
	const exited uintptr = 1 << 2 // WEXITED
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid),
			uintptr(unsafe.Pointer(&info)), exited|keep, 0, 0)
		if errno != syscall.EINTR {
			return errno == 0
		}
	}
}

// drain waits until the output of the process was read, which package exec does not do, but for
// at most outputDelay/2, since it may never be read.
func (o *outputs) drain() {
	late := time.NewTimer(outputDelay / 2)
	defer late.Stop()
	if o.ready != nil {
		select {
		case <-o.ready.ended:
		case <-late.C:
			return
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for _, f := range o.files {
		for isPipe(f) && unread(f) > 0 {
			select {
			case <-tick.C:
			case <-late.C:
				return
			}
		}
	}
}

// unread returns the number of bytes in a pipe.
func unread(f *os.File) (n int32) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	err = raw.Control(func(fd uintptr) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCINQ, uintptr(unsafe.Pointer(&n)))
		if errno != 0 {
			n = 0
		}
	})
	if err != nil {
		return 0
	}
	return n
}
