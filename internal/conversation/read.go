package conversation

import (
	"bytes"
	"errors"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// Start starts reading, if it has not been called before.
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

// readState is the state of a goroutine after it has processed a read.
type readState uint8

const (
	readsOn       readState = iota // it still is the reader goroutine
	readByAnother                  // another goroutine is; this one has handled a request
	readRests                      // callers read
	readEnded                      // the connection has ended
)

// read is the reader goroutine. It reads until the connection ends or until it has read a single
// request. In that case it starts a new reader goroutine and handles the request itself, which
// saves a goroutine switch, and makes the stack of the waiting goroutine as small as possible. The
// stack would otherwise grow to 4 KiB and rarely shrink, and thousands of idle connections are
// common.
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
		case readByAnother, readRests:
			return
		case readEnded:
			c.readEnd(t)
			return
		}
	}
}

// takeRead processes the message in payload and those read together with it, or the error that
// ends the connection. The returned token is valid if the state is readsOn or readEnded.
func (c *Conn) takeRead(t invariant.Token, payload []byte, mem *frame.Memory, err error) (invariant.Token, readState) {
	r := &c.reader
	r.role.Check(t)
	if err != nil {
		c.End(c.readFailed(err))
		return t, readEnded
	}
	if r.begin() { // which is probable again
		growStack(false)
	}
	if err := c.takeAll(payload, mem); err != nil {
		c.End(err)
		return t, readEnded
	}
	switch r.task {
	case readOn:
	case taskRest:
		if c.rest(t) {
			return t, readRests
		}
	case taskQueued:
		c.replaceReader(t)
		c.begin()
		return t, readByAnother
	case taskTurn:
		turn := r.takeTurn()
		c.replaceReader(t)
		growStack(false)
		runTurns(turn)
		return t, readByAnother
	case taskInline:
		if c.handleApart() {
			return t, readsOn
		}
		var reads bool
		if t, reads = c.handleInline(t); !reads {
			return t, readByAnother
		}
	}
	return t, readsOn
}

// replaceReader makes a new goroutine the reader goroutine. The caller must not read any more.
func (c *Conn) replaceReader(t invariant.Token) {
	t = c.reader.role.Pass(t)
	if l := c.loop.Load(); l != nil {
		l.replace(t)
		return
	}
	go c.read(t)
}

// readEnd is called by the last reader goroutine.
func (c *Conn) readEnd(t invariant.Token) {
	c.reader.role.Check(t)
	c.reader.in.Release()
	c.out.Wait()
	c.gone()
	c.set.Counters.Connections.Add(-1)
	c.leave()
	c.mu.Lock()
	h := c.handler
	c.mu.Unlock()
	if h != nil {
		h.Ended()
	}
}

// takeAll processes the message in payload and those read together with it. It returns an error if
// the connection cannot be read any further. It is not inlined into read, whose frame is on the
// stack of each waiting reader goroutine.
//
//go:noinline
func (c *Conn) takeAll(payload []byte, mem *frame.Memory) error {
	if passed := &c.reader.passed; passed.Load()&heard == 0 {
		passed.Or(heard)
	}
	limits := c.set.CodecLimits
	var collected *batch // nil: none
	for {
		message, from, parser := payload, mem, c.set.Codec
		var m codec.Message
		var err error
		if u := c.set.unpacker; u != nil {
			parser = u.Unpacked()
			message, from, err = c.unpack(payload, mem)
		}
		switch k := c.set.knower; {
		case err != nil:
		case k != nil && from != nil:
			m, err = k.ParseMessageKnown(message, limits, &from.Loan().Known)
		default:
			m, err = parser.ParseMessage(message, limits)
		}
		if err != nil {
			collected = c.take(collected, false) // earlier messages are not affected
			var bad *codec.DecodeError
			if !errors.As(err, &bad) {
				return c.notAMessage(payload, err)
			}
			// The frame is well-formed, so only this call is affected.
			c.contentFailed(m, bad)
		} else {
			in := incoming{typ: m.Type, id: m.ID, content: m.Content, size: len(payload), mem: from}
			if from != mem && mem != nil {
				mem.Free()
			}
			if invariant.On && from == nil { // so that loans of short messages are checked, too
				in.mem, in.size = frame.NewMemory(bytes.Clone(m.Content)), 0
				in.content = in.mem.Bytes()
			}
			collected = c.admit(collected, in)
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
