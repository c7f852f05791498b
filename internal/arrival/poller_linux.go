package arrival

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// poller is an epoll instance that Go's own poller waits for, so that waiting
// does not block a thread. Events are edge-triggered: the kernel would move a
// level-triggered socket behind the others, so that its next event would be
// reported too late.
type poller struct {
	file *os.File // nil: closed
	raw  syscall.RawConn
	fd   int
	pipe [2]int // to end a wait

	mu      sync.Mutex
	members map[int32]*member
	last    int32 // key assigned last

	buf [64]syscall.EpollEvent
	n   int
	err error
	fn  func(fd uintptr) bool
}

const (
	wakeKey = 0
	// EPOLLET is a negative number or a large one, depending on the architecture.
	edges = syscall.EPOLLIN | syscall.EPOLLRDHUP | 1<<31
)

func (p *poller) open() error {
	if p.file != nil {
		return nil
	}
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	p.fd = fd
	if err := p.openPipe(); err != nil {
		_ = syscall.Close(fd)
		return err
	}
	// This is the last step, since only Close of the file can close it.
	if err := syscall.SetNonblock(fd, true); err != nil {
		p.closePipe()
		_ = syscall.Close(fd)
		return fmt.Errorf("fcntl: %w", err)
	}
	p.file = os.NewFile(uintptr(fd), "arrival")
	if p.raw, err = p.file.SyscallConn(); err != nil {
		p.close()
		return err
	}
	p.members = make(map[int32]*member)
	p.fn = p.look
	return nil
}

func (p *poller) openPipe() error {
	if err := syscall.Pipe2(p.pipe[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		return fmt.Errorf("pipe2: %w", err)
	}
	if err := ctl(p.fd, syscall.EPOLL_CTL_ADD, p.pipe[0], syscall.EPOLLIN, wakeKey); err != nil {
		p.closePipe()
		return err
	}
	return nil
}

func (p *poller) closePipe() {
	_ = syscall.Close(p.pipe[0])
	_ = syscall.Close(p.pipe[1])
}

func (p *poller) close() {
	if p.file != nil {
		_ = p.file.Close()
		p.closePipe()
		p.file, p.raw, p.members = nil, nil, nil
	}
}

func ctl(epfd, op, fd int, events uint32, key int32) error {
	if err := syscall.EpollCtl(epfd, op, fd, &syscall.EpollEvent{Events: events, Fd: key}); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

// add gives m a key, and waits for its socket.
func (p *poller) add(m *member, conn syscall.RawConn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.last++; p.last <= wakeKey || p.members[p.last] != nil; p.last++ {
		if p.last < 0 { // all keys have been used
			p.last = wakeKey
		}
	}
	m.key = p.last
	var failed error
	err := conn.Control(func(fd uintptr) {
		failed = ctl(p.fd, syscall.EPOLL_CTL_ADD, int(fd), edges, m.key)
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	p.members[m.key] = m
	return nil
}

// remove removes m.
func (p *poller) remove(m *member, conn syscall.RawConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.members, m.key)
	// The kernel has already removed a closed socket.
	_ = conn.Control(func(fd uintptr) { _ = ctl(p.fd, syscall.EPOLL_CTL_DEL, int(fd), 0, 0) })
}

// wakeUp ends a wait.
func (p *poller) wakeUp() {
	_, _ = syscall.Write(p.pipe[1], []byte{0}) // if the pipe is full, the wait ends anyway
}

// look reads events without waiting. It returns false to make Go's poller wait for
// events.
func (p *poller) look(fd uintptr) bool {
	for {
		p.n, p.err = readyNow(int(fd), p.buf[:])
		if p.err != syscall.EINTR { //nolint:errorlint // as the system call returned it
			return p.err != nil || p.n > 0
		}
	}
}

// wait appends the ready members to list, in the order in which they became
// ready. It waits if list is empty.
func (p *poller) wait(list []event) []event {
	if len(list) > 0 {
		p.look(uintptr(p.fd))
	} else if err := p.raw.Read(p.fn); err != nil {
		panic("arrival: an open poller cannot be waited for: " + err.Error())
	}
	if p.err != nil {
		panic("arrival: epoll_wait: " + p.err.Error())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ev := range p.buf[:p.n] {
		if ev.Fd == wakeKey {
			var drop [64]byte
			_, _ = syscall.Read(p.pipe[0], drop[:])
			continue
		}
		if m := p.members[ev.Fd]; m != nil { // else it was removed
			list = append(list, event{m, ev.Events&^syscall.EPOLLIN != 0})
		}
	}
	return list
}
