// Package arrival reads many sockets, and connections in memory, in one goroutine, in the
// order in which data arrived on them.
//
// The runtime's poller wakes the goroutines of ready connections in any order. To
// handle requests in the order in which they arrived at the process, over all
// connections, as an event loop does, one goroutine has to read all connections in
// the order reported by the system.
package arrival

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

// ErrUnsupported means that this system does not report the order of arrival.
var ErrUnsupported = errors.New("the order of arrival is not known on this system")

// Source is a socket or a connection in memory that is read by a loop. Its methods are called by the loop's
// goroutine, one at a time over all of its sources.
type Source interface {
	// Ready is called when data have arrived, or, with ended, when the peer has ended its
	// side or the connection is broken. It reads the available data without waiting. It
	// returns more if there may be unread data: then it is called again, after the other
	// ready sources. It returns replaced if [Loop.Replace] was called during the call.
	Ready(ended bool) (more, replaced bool)
	// Removed is the last call, after [Loop.Remove]. It must not block.
	Removed()
}

// Loop reads sources. It has a goroutine while it has sources; waiting does not block a
// thread. The zero value is an empty loop. It is safe for concurrent use.
type Loop struct {
	// Helpers is for sources: the number of goroutines that process what Ready has read.
	Helpers atomic.Int32

	mu      sync.Mutex
	members map[Source]*member
	removed []*member // Removed must be called
	woken   []*member // Ready must be called, because of Again
	running bool
	poll    poller

	// Fields of the running goroutine.
	ready []event // events to handle, from next on
	next  int
	again []event // returned more
}

// member is a source of a loop.
type member struct {
	source Source
	key    int32 // identifies its socket in the poller
	gone   bool  // Removed was called; a field of the running goroutine
	memory bool  // it has no socket
}

// event is a member that is ready.
type event struct {
	m     *member
	ended bool
}

// Add starts reading source, whose socket is conn. No other code may read the
// socket. The error is [ErrUnsupported] or an error of the system.
func (l *Loop) Add(source Source, conn syscall.RawConn) error {
	_, err := l.add(source, conn)
	return err
}

// Join starts reading source, which has no socket. Ready is called for each call of arrived:
// before it is called for data that reach a socket later, and after it is called for data that
// reached a socket before. The error is [ErrUnsupported] or an error of the system.
func (l *Loop) Join(source Source) (arrived func(ended bool), err error) {
	m, err := l.add(source, nil)
	if err != nil {
		return nil, err
	}
	return func(ended bool) { l.poll.push(event{m, ended}) }, nil
}

// add starts reading source; conn is nil if it has no socket.
func (l *Loop) add(source Source, conn syscall.RawConn) (*member, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.poll.open(); err != nil {
		return nil, err
	}
	m := &member{source: source, memory: conn == nil}
	if conn != nil {
		if err := l.poll.add(m, conn); err != nil {
			if !l.running {
				l.poll.close()
			}
			return nil, err
		}
	}
	if l.members == nil {
		l.members = make(map[Source]*member)
	}
	l.members[source] = m
	if !l.running {
		l.running = true
		go l.run()
	}
	return m, nil
}

// Remove stops reading source: its Removed will be called, and its Ready no longer.
// Call Remove before closing the socket; conn is nil for a source of Join. An unknown source is
// ignored.
func (l *Loop) Remove(source Source, conn syscall.RawConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.members[source]
	if m == nil {
		return
	}
	delete(l.members, source)
	if conn != nil {
		l.poll.remove(m, conn)
	}
	l.removed = append(l.removed, m)
	l.poll.wakeUp()
}

// Again makes the loop call Ready of source even if no new data arrive. It is for a
// source that did not read all its data before, and can do so now. An unknown source is
// ignored.
func (l *Loop) Again(source Source) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.members[source]; m != nil {
		l.woken = append(l.woken, m)
		l.poll.wakeUp()
	}
}

// Replace starts a new goroutine for the loop. Call it in the Ready of source if the
// current goroutine is busy with other work or is about to be; that Ready must return
// replaced. With again, Ready of source is called again.
func (l *Loop) Replace(source Source, again bool) {
	if again {
		l.mu.Lock()
		m := l.members[source]
		l.mu.Unlock()
		if m != nil {
			l.again = append(l.again, event{m: m})
		}
	}
	go l.run()
}

// More reports whether other sources are ready. It may be called in the Ready of a source.
func (l *Loop) More() bool { return l.next < len(l.ready) }

// run calls the sources until no sources are left, or the goroutine is replaced.
func (l *Loop) run() {
	for {
		if l.tellRemoved() {
			return
		}
		if l.next == len(l.ready) {
			// Sources with unread data come before those that became ready later.
			l.ready = append(l.ready[:0], l.again...)
			l.again = l.again[:0]
			l.next = 0
			l.ready = l.poll.wait(l.ready)
			continue // a source may have been removed while waiting
		}
		ev := l.ready[l.next]
		l.ready[l.next] = event{}
		l.next++
		if ev.m.gone {
			continue
		}
		if ev.m.memory {
			// Goroutines that are about to write can join, as they do while the system
			// wakes a loop. Without this, 100 calls in flight cost 1.5 times the CPU time.
			runtime.Gosched()
		}
		more, replaced := ev.m.source.Ready(ev.ended)
		if replaced {
			return
		}
		if more {
			l.again = append(l.again, event{m: ev.m})
		}
	}
}

// tellRemoved calls Removed of the removed sources, and schedules the sources of Again.
// It returns true if no sources are left: then the goroutine ends and must not access
// the loop any more.
func (l *Loop) tellRemoved() (over bool) {
	for {
		l.mu.Lock()
		list := l.removed
		l.removed = nil
		if len(list) == 0 {
			for _, m := range l.woken {
				l.again = append(l.again, event{m: m})
			}
			l.woken = nil
			over = len(l.members) == 0
			if over {
				l.running = false
				l.ready, l.again, l.next = nil, nil, 0
				l.poll.close()
			}
			l.mu.Unlock()
			return over
		}
		l.mu.Unlock()
		for _, m := range list {
			m.gone = true
			m.source.Removed()
		}
	}
}
