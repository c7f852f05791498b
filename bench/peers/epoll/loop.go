//go:build linux

package main

import (
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/aiomas-go/aiomas-go/bench/internal/rawio"
)

// loop waits for connections.
type loop struct {
	ep     int
	events [128]unix.EpollEvent
	conns  map[int32]*conn
}

func newLoop() (*loop, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &loop{ep: ep, conns: make(map[int32]*conn)}, err
}

func (l *loop) add(c *conn) error {
	l.conns[int32(c.fd)] = c
	c.loop = l
	return rawio.Add(l.ep, c.fd)
}

// remove closes c.
func (l *loop) remove(c *conn) {
	delete(l.conns, int32(c.fd))
	_ = unix.Close(c.fd)
}

// wait waits for events, at most for d unless that is negative. The scheduler is not notified:
// the thread of a loop is used for nothing else.
func (l *loop) wait(d time.Duration) ([]unix.EpollEvent, error) {
	var timeout *unix.Timespec
	if d >= 0 {
		t := unix.NsecToTimespec(int64(d))
		timeout = &t
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.ep), uintptr(unsafe.Pointer(&l.events[0])),
		uintptr(len(l.events)), uintptr(unsafe.Pointer(timeout)), 0, 0)
	if errno == unix.EINTR { // the scheduler's monitor, after 10 ms
		return nil, nil
	}
	if errno != 0 {
		return nil, fmt.Errorf("epoll_pwait2: %w", errno)
	}
	return l.events[:n], nil
}

var errEnded = errors.New("the connection has ended")

// readSize is the least room for a read.
const readSize = 64 << 10

// conn is a connection that is read and written without waiting.
type conn struct {
	fd   int
	loop *loop

	in   []byte // in[r:w] is received and not yet handled
	r, w int

	out    []byte   // small frames, to be written together
	queue  [][]byte // what the socket has not accepted
	writes bool     // the loop waits until the socket accepts more
}

func (c *conn) read() error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if c.r > 0 {
		c.w = copy(c.in, c.in[c.r:c.w])
		c.r = 0
	}
	if n := c.w + readSize; n > len(c.in) {
		c.in = append(c.in, make([]byte, max(n, 2*len(c.in))-len(c.in))...)
	}
	n, err := rawio.Read(c.fd, c.in[c.w:])
	switch {
	case err != nil:
		return err
	case n == 0:
		return errEnded
	}
	c.w += max(n, 0)
	return nil
}

// next returns the next payload that has been received completely, which is valid until read.
func (c *conn) next() (payload []byte, ok bool) {
	const header = 4
	if c.w-c.r < header {
		return nil, false
	}
	p := c.in[c.r:c.w]
	n := header + int(uint32(p[0])<<24|uint32(p[1])<<16|uint32(p[2])<<8|uint32(p[3]))
	if len(p) < n {
		return nil, false
	}
	c.r += n
	return p[header:n], true
}

// send writes p, which must not change until it is written.
func (c *conn) send(p []byte) error {
	if len(c.queue) > 0 {
		c.queue = append(c.queue, p)
		return nil
	}
	n, err := rawio.Write(c.fd, p)
	if err != nil || n == len(p) {
		return err
	}
	c.queue = append(c.queue, p[n:])
	return c.wantWrites(true)
}

// flush writes the frames in out.
func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	err := c.send(c.out)
	if len(c.queue) == 0 {
		c.out = c.out[:0]
	} else {
		c.out = nil
	}
	return err
}

// writable writes what the socket did not accept before.
func (c *conn) writable() error {
	for len(c.queue) > 0 {
		n, err := rawio.Write(c.fd, c.queue[0])
		if err != nil {
			return err
		}
		if n < len(c.queue[0]) {
			c.queue[0] = c.queue[0][n:]
			return nil
		}
		c.queue = c.queue[1:]
	}
	return c.wantWrites(false)
}

func (c *conn) wantWrites(on bool) error {
	if c.writes == on {
		return nil
	}
	c.writes = on
	return rawio.Watch(c.loop.ep, c.fd, on)
}
