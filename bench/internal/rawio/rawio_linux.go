// Package rawio reads, writes and watches sockets by raw system calls, without waiting and
// without notifying Go's scheduler, as the loops do that are the limits of the system.
package rawio

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read reads once into p, which is not empty. It returns -1 if there is nothing now, and 0 at
// the end of the stream.
func Read(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return -1, nil
	case errno != 0:
		return 0, errno
	}
	return int(n), nil
}

// Write returns how much of p, which is not empty, the socket has accepted.
func Write(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return 0, nil
	case errno != 0:
		return 0, errno
	}
	return int(n), nil
}

// Add makes an epoll instance report when fd can be read.
func Add(ep, fd int) error { return control(ep, unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN) }

// Watch makes an epoll instance report when fd can be read and, if writes is true, when it
// accepts more.
func Watch(ep, fd int, writes bool) error {
	events := uint32(unix.EPOLLIN)
	if writes {
		events |= unix.EPOLLOUT
	}
	return control(ep, unix.EPOLL_CTL_MOD, fd, events)
}

func control(ep, op, fd int, events uint32) error {
	return unix.EpollCtl(ep, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}
