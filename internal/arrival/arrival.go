// Package arrival reads many sockets in one goroutine, in the order in which
// data arrived on them.
//
// The runtime's poller wakes the goroutines of ready connections in any order. To
// handle requests in the order in which they arrived at the process, over all
// connections, as an event loop does, one goroutine has to read all connections in
// the order reported by the system.
package arrival

import (
	"errors"
	"sync"
	"syscall"
)

// ErrUnsupported says that this system does not report the order of arrival.
var ErrUnsupported = errors.New("the order of arrival is not known on this system")

// Source is a socket that is read by a loop. Its methods are called by the loop's
// goroutine, one at a time over all of its sources.
type Source interface {
	// Ready is called when data have arrived, or, with ended, when the peer has
	// ended its side or the connection is broken. It reads the available data
	// without waiting. It returns more if there may be unread data: then it is
	// called again, after the other ready sources. It returns replaced if
	// [Loop.Replace] was called meanwhile.
	Ready(ended bool) (more, replaced bool)
	// Removed is the last call, after [Loop.Remove]. It must not block.
	Removed()
}

// Loop reads sources. It has a goroutine as long as it has sources; waiting does
// not block a thread. The zero value is an empty loop. It is safe for concurrent
// use.
type Loop struct {
	mu      sync.Mutex
	members map[Source]*member
	removed []*member // their Removed is to be called
	woken   []*member // their Ready is to be called, by Again
	running bool
	poll    poller

	// Of the goroutine that runs.
	ready []event // events to handle, from next on
	next  int
	again []event // had more
}

// member is a source of a loop.
type member struct {
	source Source
	key    int32 // identifies it in the poller
	gone   bool  // of the goroutine that runs: Removed was called
}

// event is a member that is ready.
type event struct {
	m     *member
	ended bool
}

// Add starts reading source, whose socket is conn. No other code may read the
// socket. The error is [ErrUnsupported] or an error of the system.
func (l *Loop) Add(source Source, conn syscall.RawConn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.poll.open(); err != nil {
		return err
	}
	m := &member{source: source}
	if err := l.poll.add(m, conn); err != nil {
		if !l.running {
			l.poll.close()
		}
		return err
	}
	if l.members == nil {
		l.members = make(map[Source]*member)
	}
	l.members[source] = m
	if !l.running {
		l.running = true
		go l.run()
	}
	return nil
}

// Remove stops reading source: its Removed is called, and its Ready no longer.
// Call Remove before closing the socket. An unknown source is ignored.
func (l *Loop) Remove(source Source, conn syscall.RawConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.members[source]
	if m == nil {
		return
	}
	delete(l.members, source)
	l.poll.remove(m, conn)
	l.removed = append(l.removed, m)
	l.poll.wakeUp()
}

// Again has Ready of source called again though nothing new has arrived: it did not
// read all that there was, and can do so now. An unknown source is ignored.
func (l *Loop) Again(source Source) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.members[source]; m != nil {
		l.woken = append(l.woken, m)
		l.poll.wakeUp()
	}
}

// Replace starts a new goroutine for the loop, because the present one, which is
// in the Ready of source, is busy otherwise, or about to be. That Ready must return
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

// run calls sources until there are none, or it is replaced.
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
			continue // a source may have been removed meanwhile
		}
		ev := l.ready[l.next]
		l.ready[l.next] = event{}
		l.next++
		if ev.m.gone {
			continue
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

// tellRemoved calls Removed of the removed sources, and takes over those of Again. It
// returns true if no sources are left: then the goroutine ends and must not touch the loop any
// more.
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
