package local

import (
	"slices"
	"sync"
	"time"
)

// Message is a part of a stream that waits to be delivered: what one write has
// sent.
type Message struct {
	From, To   string // the names of the ends: a queue, or what [Network.As] said
	Connection int    // connections are numbered in the order of dialling, from 1
	Data       []byte // must not be changed
}

// Scheduler decides in which order a network delivers.
type Scheduler interface {
	// Next is called when all is at rest, with the oldest message of each
	// direction of each connection, in the order of sending. It returns the index
	// of the one to be delivered now, or -1 for none: then it is asked again. It
	// may sleep, so that time passes first, and call [Network.Cut].
	Next(waiting []Message) int
}

// Schedule lets s decide which message is delivered next: one at a time, each when
// all that the last one set off has come to rest. A network with it must be made
// and used in one bubble of testing/synctest. Package world is a scheduler for
// tests that looks for orders that nobody has thought of.
func Schedule(s Scheduler) Option {
	return func(n *Network) {
		OneByOne()(n)
		n.line.next = s
	}
}

// As returns the same network for somebody with a name, who dials: the addresses
// and messages of connections that are dialled with it have the name.
func (n *Network) As(name string) *Network { return &Network{queues: n.queues, name: name} }

// Cut resets all connections between ends of these names, and returns how many
// those were. What was not delivered is lost. It needs a network with [Schedule].
func (n *Network) Cut(a, b string) int {
	return n.conns.cut(func(ends [2]string) bool { return ends == [2]string{a, b} || ends == [2]string{b, a} })
}

// CutAll is Cut for all connections of which one end has that name.
func (n *Network) CutAll(name string) int {
	return n.conns.cut(func(ends [2]string) bool { return ends[0] == name || ends[1] == name })
}

// connections are the ends of those that were dialled, in a network that has a
// scheduler.
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

// cut resets those whose ends match, and returns how many those were.
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
	return (len(list) + 1) / 2 // of some, one direction may be over
}

// isOver reports whether neither end uses p any more.
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

// message describes the oldest chunk that was not released.
func (p *pipe) message() Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := Message{From: p.ends[0], To: p.ends[1], Connection: p.number}
	if p.released < len(p.chunks) {
		m.Data = p.chunks[p.released]
	}
	return m
}

// instant is how long a network in a bubble sleeps to let all come to rest.
const instant = time.Nanosecond
