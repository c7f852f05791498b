package conversation

import (
	"errors"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// Start begins to read, unless it was called before, until the connection ends.
func (c *Conn) Start() {
	t, first := c.reader.start()
	if !first {
		return
	}
	c.join()
	if !c.startLooped(t) {
		go c.read(t)
	}
}

// readState is what the goroutine that took what was read is then.
type readState uint8

const (
	readsOn       readState = iota // still the reader goroutine
	readByAnother                  // not the reader goroutine; it has handled a request
	readEnded                      // the last reader goroutine: the connection has ended
)

// read is the reader goroutine: it reads until the connection ends, or a lone request
// has come. Then it leaves the reading to a new goroutine and handles the request
// itself: that does not wait for another goroutine, and the stack of the one that
// waits is as small as they get. It would grow to what reading takes, 4 KiB, and
// hardly ever shrink, and thousands of idle connections are normal.
func (c *Conn) read(t invariant.Token) {
	for {
		c.reader.role.Check(t)
		payload, mem, err := c.reader.in.Next()
		if err != nil && c.idleTimeout(err) && c.busy() {
			continue
		}
		var state readState
		switch t, state = c.takeRead(t, payload, mem, err); state {
		case readsOn:
		case readByAnother:
			return
		case readEnded:
			c.readEnd(t)
			return
		}
	}
}

// takeRead takes the message in payload and those that were read with it, or the
// error that ends the connection. The token that it returns is good unless the state
// is readByAnother.
func (c *Conn) takeRead(t invariant.Token, payload []byte, mem *frame.Memory, err error) (invariant.Token, readState) {
	r := &c.reader
	r.role.Check(t)
	if err != nil {
		c.End(c.readFailed(err))
		return t, readEnded
	}
	if r.begin() { // and so probably again
		growStack(false)
	}
	if err := c.takeAll(payload, mem); err != nil {
		c.End(err)
		return t, readEnded
	}
	switch r.task {
	case readOn:
	case taskQueued:
		c.replaceReader(t)
		c.begin()
		return t, readByAnother
	case taskTurn:
		turn := r.takeTurn()
		c.replaceReader(t)
		runTurns(turn)
		return t, readByAnother
	case taskInline:
		var reads bool
		if t, reads = c.handleInline(t); !reads {
			return t, readByAnother
		}
	}
	return t, readsOn
}

// replaceReader leaves the reading to a new goroutine. The caller must not read any
// more.
func (c *Conn) replaceReader(t invariant.Token) {
	t = c.reader.role.Pass(t)
	if l := c.loop.Load(); l != nil {
		l.replace(t)
		return
	}
	go c.read(t)
}

// readEnd is what the last reader goroutine does.
func (c *Conn) readEnd(t invariant.Token) {
	c.reader.role.Check(t)
	c.reader.in.Release()
	c.out.Wait()
	c.set.Counters.Connections.Add(-1)
	c.leave()
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
	if heard := &c.reader.heard; !heard.Load() {
		heard.Store(true)
	}
	limits := c.set.CodecLimits
	var collected *batch // nil: none
	for {
		m, err := c.set.Codec.ParseMessage(payload, limits)
		if err != nil {
			collected = c.take(collected, false) // what came before is not affected
			var bad *codec.DecodeError
			if !errors.As(err, &bad) {
				return c.notAMessage(payload, err)
			}
			// The frame's borders hold, so only this one call is lost.
			c.contentFailed(m, bad)
		} else {
			collected = c.admit(collected, incoming{typ: m.Type, id: m.ID, content: m.Content, size: len(payload), mem: mem})
		}
		if !c.reader.in.More() {
			return nil
		}
		if payload, mem, err = c.reader.in.Next(); err != nil {
			c.take(collected, false)
			return c.readFailed(err)
		}
	}
}
