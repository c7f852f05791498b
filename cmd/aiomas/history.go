package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// history keeps the last messages, for the page: as many as fit into so many bytes. Adding one costs no more than its
// copy; what is asked for is found by looking at all that are kept. It is safe for concurrent use.
type history struct {
	most int64 // bytes

	mu     sync.Mutex
	chunks []*chunk // the oldest first
	next   int64    // the number of the next message
	size   int64
	open   map[int64]*webConn
	paths  map[string]string // one copy of each
	totals struct{ conns, messages, bytes int64 }
}

// chunkSize is how many messages are forgotten at once.
const chunkSize = 512

// chunk is some messages in a row. They do not change once they are counted in n.
type chunk struct {
	first   int64 // the number of the first one
	n       int
	size    int64
	sum     *summary // once it is full
	entries [chunkSize]entry
}

// summary is what there is to know of a chunk without a look at each message.
type summary struct {
	from, to int64 // the first and the last time
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

// entry is a message as it is kept. Its content is decoded when somebody looks at it.
type entry struct {
	at      int64 // microseconds since 1970, which a page can count in
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
	failed  bool // an exception, or what cannot be decoded
	answers bool
	known   bool // type and id could be read
}

// webConn is a connection of which there are messages.
type webConn struct {
	number int64
	ends   atomic.Pointer[connEnds]
	ended  [2]bool
}

// connEnds are the ends of a connection, by record.Side.
type connEnds struct{ addrs, programs [2]string }

// whole is one of them with its program, if that is known.
func (e *connEnds) whole(side record.Side) string {
	return whole(&record.Message{Event: record.Event{Addrs: e.addrs, Names: e.programs}}, side)
}

// entrySize is what an entry costs beside its data.
const entrySize = 176

// maxInterned bounds the paths of which one copy is kept: a peer can call any number of them.
const maxInterned = 4096

func newHistory(most int64) *history {
	return &history{most: most, open: map[int64]*webConn{}, paths: map[string]string{}}
}

// add keeps a message, and forgets the oldest ones if there is no room.
func (h *history) add(m *record.Message) {
	e := entry{
		at: m.Time.UnixMicro(), data: m.Data, size: len(m.Data), codec: m.Codec, id: m.ID, path: m.Path, latency: m.Latency,
		reason: m.Reason, kind: m.Kind, from: m.From, typ: m.Type, answers: m.Answers, known: m.Envelope,
		failed: m.Err != nil || m.Kind == record.Rest || m.Envelope && m.Type == codec.Exception,
	}
	if int64(len(e.data)) > h.most/4 { // one message does not take the place of all
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

// moment is a history at one moment. Nothing of it changes.
type moment struct {
	chunks []part
	first  int64 // the number of the oldest message that is kept
	next   int64
	conns  int // open
	totals struct{ conns, messages, bytes int64 }
}

// part is what there was of a chunk.
type part struct {
	first   int64
	entries []entry
	sum     *summary
}

// now returns what is kept.
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

// at returns a message by its number, nil if it is not kept.
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

// span returns when the oldest and the newest message came.
func (m *moment) span() (from, to int64) {
	if len(m.chunks) == 0 {
		return 0, 0
	}
	last := m.chunks[len(m.chunks)-1].entries
	return m.chunks[0].entries[0].at, last[len(last)-1].at
}

// each calls f with the messages of a time, the oldest first or, backwards, the newest, until it returns false. Times
// are nearly in order: those of one connection are.
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

// slack is by how much, in microseconds, times of different connections can be out of order.
const slack = 1_000_000
