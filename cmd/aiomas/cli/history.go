package cli

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// history keeps the last messages for the page, up to a number of bytes. Adding a message costs no more than copying
// it; a query scans all kept messages. It is safe for concurrent use.
type history struct {
	most int64 // bytes

	mu     sync.Mutex
	chunks []*chunk // the oldest first
	next   int64    // the number of the next message
	size   int64
	open   map[int64]*webConn
	paths  map[string]string // to share one copy of each
	totals struct{ conns, messages, bytes int64 }
}

// chunkSize is the number of messages that are dropped together.
const chunkSize = 512

// chunk has consecutive messages. They do not change after they are counted in n.
type chunk struct {
	first   int64 // the number of the first message
	n       int
	size    int64
	sum     *summary // set when the chunk is full
	entries [chunkSize]entry
}

// summary has the totals of a chunk, so that queries need not scan its messages.
type summary struct {
	from, to int64 // the first and last time
	failed   int64
	conns    []*webConn
}

func summarize(entries []entry) *summary {
	s := &summary{from: entries[0].at, to: entries[0].at}
	seen := map[*webConn]bool{}
	for i := range entries {
		e := &entries[i]
		s.from, s.to = min(s.from, e.at), max(s.to, e.at)
		if e.failed {
			s.failed++
		}
		if !seen[e.conn] {
			seen[e.conn] = true
			s.conns = append(s.conns, e.conn)
		}
	}
	return s
}

// entry is a kept message. Its content is decoded when it is requested.
type entry struct {
	at      int64 // microseconds since 1970, which JavaScript can represent exactly
	conn    *webConn
	data    []byte
	size    int
	codec   codec.Codec
	id      int64
	path    string
	latency time.Duration
	reason  string
	kind    record.Kind
	from    record.Side
	typ     codec.MessageType
	failed  bool // an exception, or not decodable
	answers bool
	known   bool // type and id could be read
}

// webConn is a connection with kept messages.
type webConn struct {
	number int64
	ends   atomic.Pointer[connEnds]
	ended  [2]bool
}

// connEnds are the ends of a connection, by record.Side.
type connEnds struct{ addrs, programs [2]string }

// whole returns the address of one end, with its program if that is known.
func (e *connEnds) whole(side record.Side) string {
	return whole(&record.Message{Event: record.Event{Addrs: e.addrs, Names: e.programs}}, side)
}

// entrySize is the cost of an entry in addition to its data.
const entrySize = 176

// maxInterned limits the paths that are shared, since a peer can call any number of paths.
const maxInterned = 4096

func newHistory(most int64) *history {
	return &history{most: most, open: map[int64]*webConn{}, paths: map[string]string{}}
}

// add keeps a message, and drops the oldest ones if there is no room.
func (h *history) add(m *record.Message) {
	e := entry{
		at: m.Time.UnixMicro(), data: m.Data, size: len(m.Data), codec: m.Codec, id: m.ID, path: m.Path, latency: m.Latency,
		reason: m.Reason, kind: m.Kind, from: m.From, typ: m.Type, answers: m.Answers, known: m.Envelope,
		failed: m.Err != nil || m.Kind == record.Rest || m.Envelope && m.Type == codec.Exception,
	}
	if int64(len(e.data)) > h.most/4 { // a single message must not displace all others
		e.data = nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e.conn = h.connection(m)
	e.path = h.intern(e.path)
	if m.Kind == record.Frame {
		h.totals.messages++
	}
	h.totals.bytes += int64(e.size)
	last := len(h.chunks) - 1
	if last < 0 || h.chunks[last].n == chunkSize {
		h.chunks = append(h.chunks, &chunk{first: h.next})
		last++
	}
	c := h.chunks[last]
	c.entries[c.n] = e
	if c.n++; c.n == chunkSize {
		c.sum = summarize(c.entries[:])
	}
	h.next++
	cost := int64(len(e.data) + entrySize)
	c.size += cost
	h.size += cost
	for h.size > h.most && len(h.chunks) > 1 {
		h.size -= h.chunks[0].size
		h.chunks[0] = nil
		h.chunks = h.chunks[1:]
	}
}

// connection returns the connection of a message; h.mu is held.
func (h *history) connection(m *record.Message) *webConn {
	c := h.open[m.Conn]
	if c == nil {
		c = &webConn{number: m.Conn}
		c.ends.Store(&connEnds{addrs: [2]string{"client", "server"}})
		h.open[m.Conn] = c
		h.totals.conns++
	}
	switch m.Kind {
	case record.Opened:
		c.ends.Store(&connEnds{m.Addrs, m.Names})
	case record.Ended:
		c.ended[m.From] = true
		if c.ended[m.From.Other()] {
			delete(h.open, m.Conn)
		}
	case record.Frame, record.Rest:
	}
	return c
}

func (h *history) intern(path string) string {
	if known, ok := h.paths[path]; ok {
		return known
	}
	if len(h.paths) < maxInterned {
		h.paths[path] = path
	}
	return path
}

// moment is an immutable snapshot of a history.
type moment struct {
	chunks []part
	first  int64 // the number of the oldest kept message
	next   int64
	conns  int // open connections
	totals struct{ conns, messages, bytes int64 }
}

// part is the present part of a chunk.
type part struct {
	first   int64
	entries []entry
	sum     *summary
}

// now returns a snapshot.
func (h *history) now() moment {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := moment{first: h.next, next: h.next, conns: len(h.open), totals: h.totals}
	for _, c := range h.chunks {
		m.chunks = append(m.chunks, part{c.first, c.entries[:c.n:c.n], c.sum})
	}
	if last := len(m.chunks) - 1; last >= 0 && m.chunks[last].sum == nil {
		m.chunks[last].sum = summarize(m.chunks[last].entries)
	}
	if len(h.chunks) > 0 {
		m.first = h.chunks[0].first
	}
	return m
}

// at returns a message by its number, or nil if it is not kept.
func (m *moment) at(seq int64) *entry {
	for _, c := range slices.Backward(m.chunks) {
		if seq >= c.first {
			if seq-c.first < int64(len(c.entries)) {
				return &c.entries[seq-c.first]
			}
			return nil
		}
	}
	return nil
}

// span returns the times of the oldest and the newest message.
func (m *moment) span() (from, to int64) {
	if len(m.chunks) == 0 {
		return 0, 0
	}
	last := m.chunks[len(m.chunks)-1].entries
	return m.chunks[0].entries[0].at, last[len(last)-1].at
}

// each calls f with the messages of a time interval, the oldest first or, if backwards is true, the newest first,
// until f returns false. Times are only nearly in order, except those of one connection.
func (m *moment) each(from, to int64, backwards bool, f func(seq int64, e *entry) bool) {
	for i := range m.chunks {
		if backwards {
			i = len(m.chunks) - 1 - i
		}
		c := m.chunks[i]
		n := len(c.entries)
		if c.sum.to < from || c.sum.from > to {
			continue
		}
		for k := range n {
			if backwards {
				k = n - 1 - k
			}
			if e := &c.entries[k]; e.at >= from && e.at <= to && !f(c.first+int64(k), e) {
				return
			}
		}
	}
}

// slack is the maximum disorder, in microseconds, of times of different connections.
const slack = 1_000_000
