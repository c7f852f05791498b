package recorder

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// conversation is what both ends of one connection have said.
type conversation struct {
	r *Recorder

	mu     sync.Mutex
	begun  [2]bool
	sealed bool                    // encrypted, and nobody logs its secrets
	secret *tlsReader              // of an encrypted connection
	input  [2][]byte               // begun frames
	asked  [2]requests             // by who asked
	over   bool                    // a side has ended it: nothing is expected any more
	count  func(messages, n int64) // into the totals
}

func newConversation(r *Recorder) *conversation {
	c := &conversation{r: r, asked: [2]requests{newRequests(), newRequests()}, count: func(messages, n int64) {
		recorded.messages.Add(messages)
		recorded.bytes.Add(n)
	}}
	return c
}

// violates reports that Go broke a rule.
func (c *conversation) violates(format string, args ...any) {
	recorded.violations.Add(1)
	c.r.report("Go would break a Python peer: "+format, args...)
}

// read takes what a side has sent.
func (c *conversation) read(from Side, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun[from] && len(b) > 0 {
		c.begun[from] = true
		c.begin(from, b[0])
	}
	switch {
	case c.sealed:
	case c.secret == nil:
		c.frames(from, b)
	default:
		if err := c.secret.read(from, b, c.frames); err != nil {
			c.r.report("the recorder cannot read this TLS connection: %v", err)
		}
	}
}

// begin looks at the first byte of a side: no frame that this library sends has a
// length like a record of TLS.
func (c *conversation) begin(from Side, first byte) {
	switch {
	case from == Dialler && first == recordHandshake && c.r.keys != "":
		c.secret = newTLSReader(c.r.keys)
	case !c.r.sealed || c.sealed:
	case from == Dialler && first == recordHandshake, from == Listener && first == recordAlert: // what it got is no TLS
		c.sealed = true
		recorded.sealed.Add(1)
	}
}

func (c *conversation) frames(from Side, b []byte) {
	buf := append(c.input[from], b...)
	in := buf
	for len(in) >= 4 {
		n := binary.BigEndian.Uint32(in)
		if uint64(len(in)-4) < uint64(n) {
			break
		}
		c.message(from, in[4:4+n])
		in = in[4+n:]
	}
	c.input[from] = buf[:copy(buf, in)]
}

func (c *conversation) message(from Side, payload []byte) {
	if from != c.r.ours {
		// Whatever the other end says counts if it can be read.
		if m, err := c.r.codec.ParseMessage(payload, codec.Limits{}); err == nil || m.Type == codec.Request && isDecodeError(err) {
			c.note(from, parsed{m.Type, m.ID})
		}
		return
	}
	c.count(1, int64(len(payload)+4))
	m, err := parseMessage(c.r.codec, payload)
	if err != nil {
		c.violates("%v: %.200q", err, payload)
		return
	}
	c.note(from, m)
}

func isDecodeError(err error) bool {
	var de *codec.DecodeError
	return errors.As(err, &de)
}

// note keeps who has asked what, and checks the replies of Go.
func (c *conversation) note(from Side, m parsed) {
	judged := from == c.r.ours
	if m.typ == codec.Request {
		if judged && c.asked[from].used(m.id) {
			c.violates("two requests of id %d", m.id)
		}
		c.asked[from].ask(m.id)
		return
	}
	q := c.asked[from.other()].answer(m.id)
	if !judged {
		return
	}
	switch {
	case q == nil && c.asked[from.other()].used(m.id):
		c.violates("another reply to id %d", m.id)
	case q == nil:
		c.violates("a reply to the unknown id %d", m.id)
	case c.r.deadline > 0 && time.Since(q.at) > c.r.deadline:
		c.violates("a reply to id %d after %v, its caller gave up after %v", m.id, time.Since(q.at), c.r.deadline)
	}
}

// end takes the end of what a side has to say. When Go ends its direction, even
// if it still listens, Python takes that for the end of all: nothing may be
// left to say.
func (c *conversation) end(from Side, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.over
	c.over = true
	if first && c.secret != nil {
		if err := c.secret.unread(); err != nil {
			c.r.report("the recorder could not read this TLS connection: %v", err)
		}
	}
	if from != c.r.ours || !first || c.r.aborts || c.sealed {
		return
	}
	switch {
	case errors.Is(err, net.ErrClosed):
		c.r.report("a connection was still open long after the test's end")
		return
	case !errors.Is(err, io.EOF):
		c.violates("the end by a reset: %v", err)
	}
	if n := len(c.input[from]); n > 0 {
		c.violates("the end in the middle of a frame, after %d bytes", n)
	}
	for id := range c.asked[from.other()].open {
		c.violates("the end before the reply to id %d", id)
	}
}
