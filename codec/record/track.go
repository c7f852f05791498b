package record

import (
	"errors"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

// Message is an event with its meaning.
type Message struct {
	Event
	Codec codec.Codec // of the connection; nil while unknown
	Type  codec.MessageType
	ID    int64

	// Path is the path of the function, for a request and the reply to it; empty if unknown.
	Path string
	// Args and Kwargs are those of a request for a remote call. Content is the content of any
	// other message. Dicts are a codec.Dict, custom types a codec.Opaque.
	Args    []any
	Kwargs  codec.Dict
	Content any
	IsCall  bool // the message is a request for a remote call

	// Answers reports whether the request of a reply was seen; Latency is the time since it.
	Answers bool
	Latency time.Duration

	// Exception is the content of an EXCEPTION message.
	Exception Exception

	// Err is the error of a frame that cannot be decoded. Envelope is true if Type and ID are known.
	Err      error
	Envelope bool
}

// Exception is an exception raised by the peer.
type Exception struct{ Type, Message, Traceback string }

// maxPending bounds the number of requests that wait for replies, over all connections.
const maxPending = 1 << 20

// decoding preserves unknown custom types and the order of dicts.
var decoding = new(codec.Registry).WithDecoding(codec.Decoding{Ordered: true, Opaque: true})

var errNoCodec = errors.New("record: a message of no known codec")

// Tracker decodes the events of any number of connections, in order, and matches replies to requests.
// If Codec is nil, it detects the codec of each connection. It is not safe for concurrent use.
type Tracker struct {
	Codec  codec.Codec
	Limits codec.Limits

	conns   map[int64]*tracked
	pending int
}

type tracked struct {
	codec codec.Codec
	calls [2]map[int64]call // by the side that sent the request
	ended [2]bool
}

type call struct {
	path string
	at   time.Time
}

// Pending returns the number of requests without a reply on connections that have not ended.
func (t *Tracker) Pending() int { return t.pending }

// Add returns the next event with its meaning.
func (t *Tracker) Add(e Event) Message {
	m := Message{Event: e}
	c := t.conns[e.Conn]
	if c == nil {
		c = &tracked{codec: t.Codec, calls: [2]map[int64]call{{}, {}}}
		if t.conns == nil {
			t.conns = map[int64]*tracked{}
		}
		t.conns[e.Conn] = c
	}
	switch e.Kind {
	case Opened, Rest:
	case Frame:
		if c.codec == nil {
			c.codec = Detect(e.Data)
		}
		m.Codec = c.codec
		m.decode(t.Limits)
		t.match(c, &m)
	case Ended:
		c.ended[e.From] = true
		if c.ended[e.From.Other()] {
			t.pending -= len(c.calls[0]) + len(c.calls[1])
			delete(t.conns, e.Conn)
		}
	}
	m.Codec = c.codec
	return m
}

// decode decodes the payload.
func (m *Message) decode(lim codec.Limits) {
	if m.Codec == nil {
		m.Err = errNoCodec
		return
	}
	parsed, err := m.Codec.ParseMessage(m.Data, lim)
	m.Envelope = err == nil || hasEnvelope(err)
	m.Type, m.ID, m.Err = parsed.Type, parsed.ID, err
	if err != nil {
		return
	}
	if m.Err = parsed.Decode(m.Codec, &m.Content, decoding); m.Err != nil {
		return
	}
	switch m.Type {
	case codec.Request:
		m.readCall()
	case codec.Exception:
		m.readException()
	case codec.Result:
	}
}

func (m *Message) readCall() {
	list, _ := m.Content.([]any)
	if len(list) != 3 {
		return
	}
	path, isText := list[0].(string)
	args, isList := list[1].([]any)
	kwargs, isDict := list[2].(codec.Dict)
	if isText && isList && isDict {
		m.IsCall, m.Path, m.Args, m.Kwargs, m.Content = true, path, args, kwargs, nil
	}
}

// readException reads a traceback text, or the list [type, message, *lines] that peers of mosaik send.
func (m *Message) readException() {
	switch content := m.Content.(type) {
	case string:
		e := traceback.Parse(content)
		m.Exception = Exception{Type: e.Type, Message: e.Message, Traceback: content}
	case []any:
		if len(content) >= 2 {
			typ, _ := content[0].(string)
			message, _ := content[1].(string)
			m.Exception = Exception{Type: typ, Message: message}
		}
	}
}

// match stores requests, and finds the requests of replies.
func (t *Tracker) match(c *tracked, m *Message) {
	if !m.Envelope {
		return
	}
	if m.Type == codec.Request {
		calls := c.calls[m.From]
		if _, twice := calls[m.ID]; !twice && t.pending < maxPending {
			calls[m.ID] = call{m.Path, m.Time}
			t.pending++
		}
		return
	}
	calls := c.calls[m.From.Other()]
	asked, ok := calls[m.ID]
	if !ok {
		return
	}
	delete(calls, m.ID)
	t.pending--
	m.Answers, m.Path, m.Latency = true, asked.path, m.Time.Sub(asked.at)
}
