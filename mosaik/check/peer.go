package check

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// peer is mosaik's end of the connection, at the level of bytes.
type peer struct {
	play   *play
	conn   net.Conn
	next   int64
	asked  []string // requests of the simulator
	refuse bool     // refuse the simulator's requests
	ended  bool     // the simulator has ended the stream
}

func newPeer(p *play, conn net.Conn) *peer { return &peer{play: p, conn: conn} }

// reply is a reply of the simulator.
type reply struct {
	typ     codec.MessageType
	content codec.Value
}

func (r reply) failed() bool { return r.typ == codec.Exception }

// dict is a dict with an order, for messages to send.
type dict = codec.Dict

// send sends a message.
func (c *peer) send(t codec.MessageType, id int64, content any) {
	b, err := json.Codec.AppendMessage(make([]byte, 4), t, id, content, nil)
	if err != nil {
		panic(fmt.Errorf("check: %w", err)) // a bug in this package
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	c.write(b)
}

func (c *peer) write(b []byte) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.play.cfg.Answer))
	if _, err := c.conn.Write(b); err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		c.play.over("message", "it does not read what is sent to it")
	}
}

var errTimeout = errors.New("no answer")

// read reads a message. It returns io.EOF at the end of the stream.
func (c *peer) read(wait time.Duration) (codec.Message, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(wait))
	var head [4]byte
	n, err := io.ReadFull(c.conn, head[:])
	if err == nil {
		size := binary.BigEndian.Uint32(head[:])
		if size > 1<<30 {
			return codec.Message{}, fmt.Errorf("a frame of %d bytes", size)
		}
		payload := make([]byte, size)
		if _, err = io.ReadFull(c.conn, payload); err == nil {
			return json.Codec.ParseMessage(payload, codec.Limits{Size: 1 << 30, Elements: 1 << 30, Depth: 1000})
		}
		n = 4
	}
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		c.ended = true
		c.play.broken("reset", "it reset the connection")
		return codec.Message{}, io.EOF
	case errors.Is(err, os.ErrDeadlineExceeded):
		return codec.Message{}, errTimeout
	case n > 0:
		return codec.Message{}, errors.New("the stream ended within a message")
	}
	c.ended = true
	return codec.Message{}, io.EOF
}

// try makes a call, and answers the simulator's requests until the reply arrives. The error
// is io.EOF or errTimeout.
func (c *peer) try(call string, args []any, kwargs dict) (reply, error) {
	c.play.report.Calls++
	id := c.next
	c.next++
	if args == nil {
		args = []any{}
	}
	if kwargs == nil {
		kwargs = dict{}
	}
	c.send(codec.Request, id, []any{call, args, kwargs})
	for {
		m, err := c.read(c.play.cfg.Answer)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, errTimeout):
			return reply{}, err
		case err != nil:
			c.play.over("message", "in answer to %s: %v", call, err)
		case m.Type == codec.Request:
			c.answer(m)
			continue
		case m.ID != id:
			c.play.over("message", "a reply to request %d, which does not wait for one", m.ID)
		}
		v, err := value(m.Content)
		if err != nil {
			c.play.over("message", "in answer to %s: %v", call, err)
		}
		r := reply{m.Type, v}
		if r.failed() {
			c.checkFailure(call, v)
		}
		return r, nil
	}
}

func value(raw []byte) (codec.Value, error) {
	d := json.Codec.NewDecoder()
	d.Reset(raw, nil)
	return codec.NewValue(d)
}

// call makes a call; a missing reply breaks the given rule.
func (c *peer) call(rule, call string, args []any, kwargs dict) reply {
	r, err := c.try(call, args, kwargs)
	switch {
	case errors.Is(err, io.EOF):
		c.play.over(rule, "it ended the connection instead of answering %s", call)
	case err != nil:
		c.play.over(rule, "%s was not answered within %v", call, c.play.cfg.Answer)
	}
	return r
}

// checkFailure checks that the content of an exception is [type, message, *lines].
func (c *peer) checkFailure(call string, v codec.Value) {
	var list []codec.Value
	if err := v.Decode(&list); err != nil {
		c.play.broken("failure", "%s failed with a %v, not a list [type, message, *lines]: mosaik unpacks it and hangs, or names its letters", call, v.Kind())
		return
	}
	if len(list) < 2 {
		c.play.broken("failure", "%s failed with a list of %d, without type and message", call, len(list))
	}
	for i, e := range list {
		if e.Kind() != codec.KindString {
			c.play.broken("failure", "%s failed with a %v as element %d of the list, not a str", call, e.Kind(), i)
		}
	}
}

// message returns the message of the failure.
func (r reply) message() string {
	var list []any
	if r.content.Decode(&list) == nil && len(list) >= 2 {
		return fmt.Sprintf("%v: %v", list[0], list[1])
	}
	return string(r.content.Raw())
}

var requests = []string{"get_progress", "get_related_entities", "get_data", "set_data", "set_event"}

// answer answers a request of the simulator as mosaik does.
func (c *peer) answer(m codec.Message) {
	v, err := value(m.Content)
	var path string
	var args []codec.Value
	var kwargs map[string]codec.Value
	if err == nil {
		err = v.Decode(&codec.Tuple{&path, &args, &kwargs})
	}
	if err != nil {
		c.play.over("requests", "a request that is not [function, args, kwargs]: %v", err)
	}
	c.asked = append(c.asked, path)
	if !slices.Contains(requests, path) {
		c.play.broken("requests", "it asks for %q, which ends mosaik's handler of requests", path)
	}
	switch {
	case c.refuse || !slices.Contains(requests, path) || path == "set_event":
		c.send(codec.Exception, m.ID, []string{"ScenarioError", "refused by the check", "Traceback (most recent call last):\n"})
	case path == "get_progress":
		c.send(codec.Result, m.ID, 12.5)
	case path == "get_related_entities":
		c.send(codec.Result, m.ID, c.related(args))
	case path == "get_data":
		c.send(codec.Result, m.ID, c.data(args))
	default:
		c.send(codec.Result, m.ID, nil)
	}
}

// related returns one other entity as related to each entity of the simulator.
func (c *peer) related(args []codec.Value) any {
	other := dict{{Key: "Other-0.o", Value: dict{{Key: "sid", Value: "Other-0"}, {Key: "type", Value: "Other"}}}}
	if len(args) == 0 || args[0].Kind() == codec.KindNull {
		nodes := append(dict{}, other...)
		edges := []any{}
		for _, eid := range sortedIDs(c.play.eids) {
			full := c.play.sid + "." + eid
			nodes = append(nodes, codec.Entry{Key: full, Value: dict{{Key: "sid", Value: c.play.sid}, {Key: "type", Value: c.play.eids[eid]}}})
			edges = append(edges, []any{full, "Other-0.o", dict{}})
		}
		return dict{{Key: "nodes", Value: nodes}, {Key: "edges", Value: edges}}
	}
	if args[0].Kind() == codec.KindString {
		return other
	}
	var ids []string
	if args[0].Decode(&ids) != nil {
		c.play.broken("requests", "get_related_entities of a %v", args[0].Kind())
	}
	out := dict{}
	for _, id := range ids {
		out = append(out, codec.Entry{Key: id, Value: other})
	}
	return out
}

// data returns a number for each attribute.
func (c *peer) data(args []codec.Value) any {
	out := dict{}
	var want map[string][]string
	if len(args) == 0 || args[0].Decode(&want) != nil {
		c.play.broken("requests", "get_data of something else than {id: [attribute, …]}")
	}
	for id, attrs := range want {
		values := dict{}
		for _, a := range attrs {
			values = append(values, codec.Entry{Key: a, Value: 1.0})
		}
		out = append(out, codec.Entry{Key: id, Value: values})
	}
	return out
}
