package arrival

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// poller is an epoll instance that Go's own poller waits for, so that waiting
// does not block a thread. Events are edge-triggered: the kernel would move a
// level-triggered socket behind the others, so that its next event would be
// reported too late.
type poller struct {
	mu      sync.Mutex
	file    *os.File // nil: closed
	raw     syscall.RawConn
	fd      int
	members map[int32]*member // that have sockets
	last    int32             // key assigned last
	found   []event           // in the order of arrival, not passed to the loop yet
	asleep  bool              // the loop waits, or is about to
	woken   bool              // wait must return
	expired bool              // the read deadline of file has passed, to end a wait

	buf [64]syscall.EpollEvent
	fn  func(fd uintptr) bool
}

// EPOLLET is a negative number or a large one, depending on the architecture.
const edges = syscall.EPOLLIN | syscall.EPOLLRDHUP | 1<<31

func (p *poller) open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		return nil
	}
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	// This is the last step, since only Close of the file can close it.
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return fmt.Errorf("fcntl: %w", err)
	}
	p.file, p.fd = os.NewFile(uintptr(fd), "arrival"), fd
	if p.raw, err = p.file.SyscallConn(); err != nil {
		p.reset()
		return err
	}
	p.members = make(map[int32]*member)
	p.fn = p.look
	return nil
}

func (p *poller) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		p.reset()
	}
}

// reset closes p; p.mu is held.
func (p *poller) reset() {
	_ = p.file.Close()
	p.file, p.raw, p.members, p.found = nil, nil, nil, nil
	p.asleep, p.woken, p.expired = false, false, false
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
	for p.last++; p.last <= 0 || p.members[p.last] != nil; p.last++ {
		if p.last < 0 { // all keys have been used
			p.last = 0
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

// push adds an event behind those that the kernel has already.
func (p *poller) push(ev event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return // the loop has ended
	}
	for p.collect() { // until there are no more
	}
	p.found = append(p.found, ev)
	p.wake()
}

// wakeUp makes wait return.
func (p *poller) wakeUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.woken = true
	p.wake()
}

// wake ends a wait; p.mu is held. A deadline does it without a system call.
func (p *poller) wake() {
	if p.asleep {
		p.asleep, p.expired = false, true
		p.deadline(time.Unix(1, 0))
	}
}

func (p *poller) deadline(t time.Time) {
	if err := p.file.SetReadDeadline(t); err != nil {
		panic("arrival: an open poller has deadlines: " + err.Error())
	}
}

// collect appends the events that the kernel has to found. It returns more if there may be
// further ones. p.mu is held.
func (p *poller) collect() (more bool) {
	if len(p.members) == 0 {
		return false
	}
	n, err := readyNow(p.fd, p.buf[:])
	switch err {
	case nil:
	case syscall.EINTR: //nolint:errorlint // as the system call returned it
		return true
	default:
		panic("arrival: epoll_wait: " + err.Error())
	}
	for _, ev := range p.buf[:n] {
		if m := p.members[ev.Fd]; m != nil { // else it was removed
			p.found = append(p.found, event{m, ev.Events&^syscall.EPOLLIN != 0})
		}
	}
	return n == len(p.buf)
}

// look reads events without waiting. It returns false to make Go's poller wait for
// events.
func (p *poller) look(uintptr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for more := true; more && !p.news(); {
		more = p.collect()
	}
	p.asleep = !p.news()
	return !p.asleep
}

// news reports whether there is a reason not to wait; p.mu is held.
func (p *poller) news() bool { return p.woken || len(p.found) > 0 }

// wait appends the ready members to list, in the order in which they became
// ready. It waits if list is empty.
func (p *poller) wait(list []event) []event {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(list) > 0:
		p.collect()
	case !p.news():
		p.sleep()
	}
	list = append(list, p.found...)
	clear(p.found)
	p.found, p.woken = p.found[:0], false
	return list
}

// sleep waits for news; p.mu is held before and after.
func (p *poller) sleep() {
	p.mu.Unlock()
	err := p.raw.Read(p.fn)
	p.mu.Lock()
	p.asleep = false
	if p.expired {
		p.expired = false
		p.deadline(time.Time{})
	} else if err != nil {
		panic("arrival: an open poller cannot be waited for: " + err.Error())
	}
}
