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
	r *recorder

	mu    sync.Mutex
	input [2][]byte               // begun frames
	asked [2]map[int64]*asked     // requests that a side has sent
	over  bool                    // a side has ended it: nothing is expected any more
	count func(messages, n int64) // into the totals
}

type asked struct {
	at      time.Time
	replies int
}

func newConversation(r *recorder) *conversation {
	return &conversation{r: r, asked: [2]map[int64]*asked{{}, {}}, count: func(messages, n int64) {
		recorded.messages.Add(messages)
		recorded.bytes.Add(n)
	}}
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
	buf := append(c.input[from], b...)
	in := buf
	for len(in) >= 4 {
		n := int(binary.BigEndian.Uint32(in))
		if len(in)-4 < n {
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
		if _, again := c.asked[from][m.id]; again && judged {
			c.violates("two requests of id %d", m.id)
		}
		c.asked[from][m.id] = &asked{at: time.Now()}
		return
	}
	q := c.asked[from.other()][m.id]
	if q == nil {
		if judged {
			c.violates("a reply to the unknown id %d", m.id)
		}
		return
	}
	if q.replies++; q.replies > 1 && judged {
		c.violates("reply %d to id %d", q.replies, m.id)
	}
	if late := time.Since(q.at); judged && c.r.deadline > 0 && late > c.r.deadline {
		c.violates("a reply to id %d after %v, its caller gave up after %v", m.id, late, c.r.deadline)
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
	if from != c.r.ours || !first || c.r.aborts {
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
	for id, q := range c.asked[from.other()] {
		if q.replies == 0 {
			c.violates("the end before the reply to id %d", id)
		}
	}
}
