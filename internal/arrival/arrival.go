// Package arrival has many sockets read by one goroutine, in the order in which
// something arrived on them.
//
// The runtime's poller hands ready connections to their goroutines in any order. To
// handle requests in the order in which they arrived at a process, whatever
// connection they came by, as an event loop does, one goroutine has to read all of
// its connections, in the order that the system gives.
package arrival

import (
	"errors"
	"sync"
	"syscall"
)

// ErrUnsupported says that this system has no way to tell the order of arrival.
var ErrUnsupported = errors.New("the order of arrival is not known on this system")

// Source is a socket that is read by a loop. Its methods are called by the loop's
// goroutine, one at a time over all of its sources.
type Source interface {
	// Ready is called when something has arrived, or, with ended, when the peer
	// has ended its side or the connection is broken. It reads what is there
	// without waiting. With more, which says that there may be more than it has
	// taken, it is called again, behind the others that are ready. With replaced,
	// there was a call of [Loop.Replace] meanwhile.
	Ready(ended bool) (more, replaced bool)
	// Removed is called last, after [Loop.Remove]. It must not block.
	Removed()
}

// Loop reads sources. It has a goroutine as long as it has sources, and no thread
// while that waits. The zero value is an empty loop. It is safe for concurrent use.
type Loop struct {
	mu      sync.Mutex
	members map[Source]*member
	removed []*member // are to be told
	running bool
	poll    poller

	// Of the goroutine that runs.
	ready []event // whom to call, from next on
	next  int
	again []event // had more
}

// member is a source of a loop.
type member struct {
	source Source
	key    int32 // the poller's name for it
	gone   bool  // of the goroutine that runs: Removed was called
}

// event is a member that is ready.
type event struct {
	m     *member
	ended bool
}

// Add has source read, which is the socket conn. The socket must not be read by
// anybody else. An error is [ErrUnsupported] or what the system says.
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

// Remove ends the reading of source: its Removed is called, and its Ready no more.
// It must come before the socket is closed. A source that is not there is ignored.
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

// Replace has a new goroutine do the loop's work, because the one that is in a
// source's Ready is about to be busy with something else. That Ready must return
// that it was replaced. With again, source is ready again.
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
			// What had more comes before what arrived after it.
			l.ready = append(l.ready[:0], l.again...)
			l.again = l.again[:0]
			l.next = 0
			l.ready = l.poll.wait(l.ready)
			continue // somebody may have been removed meanwhile
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

// tellRemoved tells those that were removed. True says that none are left: the
// goroutine ends, and nothing may be touched any more.
func (l *Loop) tellRemoved() (over bool) {
	for {
		l.mu.Lock()
		list := l.removed
		l.removed = nil
		if len(list) == 0 {
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
