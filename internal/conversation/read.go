package conversation

import (
	"errors"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
)

// Start begins to read, unless somebody does already, until the connection
// ends.
func (c *Conn) Start() {
	if c.reading.Swap(true) {
		return
	}
	c.set.Counters.join(c)
	if !c.startLooped() {
		go c.read()
	}
}

// readState is what the reader goroutine is after it took what was read.
type readState uint8

const (
	readsOn       readState = iota
	readByAnother           // it has handed over the reading, and handled a request
	readEnded               // the connection has ended
)

// read reads until the connection ends, or a lone request has come. Then it leaves
// the reading to a new goroutine and handles the request itself: that does not wait
// for another goroutine, and the stack of the one that waits is as small as they
// get. It would grow to what reading takes, 4 KiB, and hardly ever shrink, and
// thousands of idle connections are normal.
func (c *Conn) read() {
	for {
		payload, mem, err := c.in.Next()
		if err != nil && c.idleTimeout(err) && c.busy() {
			continue
		}
		switch c.take1(payload, mem, err) {
		case readByAnother:
			return
		case readEnded:
			c.readEnd()
			return
		}
	}
}

// take1 takes the message in payload and those that were read with it, or the error
// that ends the connection.
func (c *Conn) take1(payload []byte, mem *frame.Memory, err error) readState {
	if err != nil {
		c.End(c.readFailed(err))
		return readEnded
	}
	if c.lone { // the last time, and so probably again
		growStack(false)
		c.lone = false
	}
	if err := c.takeAll(payload, mem); err != nil {
		c.End(err)
		return readEnded
	}
	inlined, first := c.inlined, c.first
	c.inlined, c.first = false, nil
	switch {
	case c.lone:
		c.replaceReader()
		c.begin()
		return readByAnother
	case first != nil:
		c.replaceReader()
		runTurns(first)
		return readByAnother
	case inlined && !c.handleInline():
		return readByAnother
	}
	return readsOn
}

// replaceReader leaves the reading to a new goroutine.
func (c *Conn) replaceReader() {
	if l := c.loop.Load(); l != nil {
		l.replace()
		return
	}
	go c.read()
}

// readEnd is what the last reader goroutine does.
func (c *Conn) readEnd() {
	c.in.Release()
	c.out.Wait()
	c.set.Counters.Connections.Add(-1)
	c.set.Counters.leave(c)
	c.mu.Lock()
	h := c.handler
	c.mu.Unlock()
	if h != nil {
		h.Ended()
	}
}

// takeAll takes the message in payload and those that were read with it. Its
// error is why nothing can come after them. It is apart from read, because its
// frame would be on each stack that waits.
//
//go:noinline
func (c *Conn) takeAll(payload []byte, mem *frame.Memory) error {
	if !c.heard.Load() {
		c.heard.Store(true)
	}
	limits := c.set.CodecLimits
	var held *batch // nil: none is held back
	for {
		m, err := c.set.Codec.ParseMessage(payload, limits)
		if err != nil {
			held = c.take(held, false) // what came before is not affected
			var bad *codec.DecodeError
			if !errors.As(err, &bad) {
				return c.notAMessage(payload, err)
			}
			// The frame's borders hold, so only this one call is lost.
			c.contentFailed(m, bad)
		} else {
			held = c.admit(held, incoming{typ: m.Type, id: m.ID, content: m.Content, size: len(payload), mem: mem})
		}
		if !c.in.More() {
			return nil
		}
		if payload, mem, err = c.in.Next(); err != nil {
			c.take(held, false)
			return c.readFailed(err)
		}
	}
}
