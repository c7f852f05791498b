package local

import (
	"slices"
	"sync"
	"time"
)

// Message is an undelivered part of a stream: the data of one write.
type Message struct {
	From, To   string // the names of the ends: a queue, or the name set by [Network.As]
	Connection int    // connections are numbered in the order of dialling, from 1
	Data       []byte // must not be modified
}

// Scheduler decides in which order a network delivers.
type Scheduler interface {
	// Next is called when all goroutines are blocked, with the oldest message of
	// each direction of each connection, in the order of sending. It returns the
	// index of the message to deliver next, or -1 for none, in which case it is
	// called again. It may sleep, to let time pass, and call [Network.Cut].
	Next(waiting []Message) int
}

// Schedule lets s decide which message is delivered next: one at a time, each when
// all activity caused by the last one has ended. The network must be made and used
// in the same bubble of testing/synctest. Package world has a scheduler for tests
// that searches for unexpected orders.
func Schedule(s Scheduler) Option {
	return func(n *Network) {
		OneByOne()(n)
		n.line.next = s
	}
}

// As returns the same network with a name for the dialling end: connections
// dialled with it have this name in their addresses and messages.
func (n *Network) As(name string) *Network { return &Network{queues: n.queues, name: name} }

// Cut resets all connections between ends with these names, and returns their
// number. Undelivered messages are lost. The network must have been made with
// [Schedule].
func (n *Network) Cut(a, b string) int {
	return n.conns.cut(func(ends [2]string) bool { return ends == [2]string{a, b} || ends == [2]string{b, a} })
}

// CutAll is Cut for all connections with one end of this name.
func (n *Network) CutAll(name string) int {
	return n.conns.cut(func(ends [2]string) bool { return ends[0] == name || ends[1] == name })
}

// connections holds the ends of all connections of a network with a scheduler.
type connections struct {
	mu    sync.Mutex
	count int
	pipes []*pipe
}

func (c *connections) add(from, to string, there, back *pipe) {
	if there.line == nil || there.line.next == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	there.number, back.number = c.count, c.count
	there.ends, back.ends = [2]string{from, to}, [2]string{to, from}
	c.pipes = slices.DeleteFunc(c.pipes, (*pipe).isOver)
	c.pipes = append(c.pipes, there, back)
}

// cut resets the connections whose ends match, and returns their number.
func (c *connections) cut(match func(ends [2]string) bool) int {
	c.mu.Lock()
	var list []*pipe
	for _, p := range c.pipes {
		if match(p.ends) && !p.isOver() {
			list = append(list, p)
		}
	}
	c.mu.Unlock()
	for _, p := range list {
		p.reset()
	}
	return (len(list) + 1) / 2 // one direction of a connection may have ended
}

// isOver reports whether both ends of p are closed.
func (p *pipe) isOver() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut || p.gone && p.eof
}

// choose returns the pipe whose oldest chunk is delivered next; nil for none.
func (l *line) choose() *pipe {
	l.mu.Lock()
	var oldest []*pipe
	var messages []Message
	for _, p := range l.waiting {
		if l.next == nil {
			l.mu.Unlock()
			return p
		}
		if !slices.Contains(oldest, p) {
			oldest = append(oldest, p)
			messages = append(messages, p.message())
		}
	}
	l.mu.Unlock()
	if len(messages) == 0 {
		return nil
	}
	if i := l.next.Next(messages); i >= 0 {
		return oldest[i]
	}
	return nil
}

// message describes the oldest unreleased chunk.
func (p *pipe) message() Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := Message{From: p.ends[0], To: p.ends[1], Connection: p.number}
	if p.released < len(p.chunks) {
		m.Data = p.chunks[p.released]
	}
	return m
}

// instant is how long a network in a bubble sleeps so that all goroutines become
// blocked.
const instant = time.Nanosecond
