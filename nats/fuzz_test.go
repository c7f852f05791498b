package nats

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	client "github.com/nats-io/nats.go"
)

// world is a transport without NATS, with a stream in each state and a listener. A script
// chooses the messages that arrive and what the application does.
type world struct {
	t       *testing.T
	n       *Transport
	script  []byte
	dials   *stream
	open    *stream
	ln      *listener
	came    []byte // bytes that arrived in order on the open stream
	got     []byte // bytes that the application has read from it
	letters int
	inputs  int
}

const (
	hostile    = "aiomas.to.hostile"
	fuzzWindow = 4 << 10
)

func newWorld(t *testing.T, script []byte) *world {
	o := Options{Window: fuzzWindow}
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	n := &Transport{
		opts: o, prefix: o.Prefix, base: o.Prefix + ".to.me", out: outbox{wake: make(chan struct{}, 1)},
		echo: make(chan struct{}, 1), gone: make(chan struct{}),
		inboxes: make(map[string]inbox), peers: make(map[string]*peer),
		names: make(map[string]*listener), dials: make(map[string]*stream),
	}
	n.now.Store(1)
	n.most.Store(1 << 20)
	w := &world{t: t, n: n, script: script}
	w.ln = &listener{
		t: n, at: addr{"nats", "name"}, id: "l1", mine: claim{rank: 1 << 32, settled: true},
		echoes: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}, taken: make(chan struct{}, 1),
		waiting: make(chan *stream, 4), ended: make(chan struct{}),
	}
	n.names["name"], n.inboxes["l1"] = w.ln, w.ln
	w.dials = n.newStream("dials", addr{"nats", n.base}, addr{"nats", "other"})
	w.dials.dialled = make(chan error, 1)
	n.inboxes["dials"] = w.dials
	w.open, _ = n.accept(w.ln.at, "aiomas.to.friend.1", "aiomas.to.friend", fuzzWindow)
	return w
}

// next returns the next byte of the script, or 0.
func (w *world) next() byte {
	if len(w.script) == 0 {
		return 0
	}
	b := w.script[0]
	w.script = w.script[1:]
	return b
}

// some returns up to n bytes of the script.
func (w *world) some(n byte) []byte {
	b := w.script[:min(int(n), len(w.script))]
	w.script = w.script[len(b):]
	return b
}

// near returns a number around x, or any number.
func (w *world) near(x uint64) uint64 {
	b := w.next()
	if b == 255 {
		return binary.BigEndian.Uint64(append(bytes.Clone(w.some(8)), make([]byte, 8)...))
	}
	return x + uint64(int64(int8(b))) //nolint:gosec // wraps, as a hostile peer may
}

// subject returns a subject of a message, or of its reply.
func (w *world) subject() string {
	list := []string{
		"", w.n.base + ".0", w.open.subject(), w.dials.subject(), w.n.base + ".l1", w.n.base + ".p2", w.n.base + ".unknown",
		hostile + ".1", hostile + ".2", "aiomas.to.friend.1", "aiomas.to.friend.2", "aiomas.dial.name", "aiomas.to.", ".", "a.*.>",
	}
	if i := int(w.next()); i < len(list) {
		return list[i]
	}
	return string(w.some(w.next()))
}

// message returns a message, with a valid header in most cases.
func (w *world) message() *client.Msg {
	m := &client.Msg{Subject: w.subject(), Reply: w.subject()}
	switch k := w.next(); k {
	case 0: // empty
	case 1:
		m.Header = client.Header{"Status": []string{"503"}}
	case 2:
		m.Data = bytes.Clone(w.some(w.next()))
	case byte(kindDial), byte(kindAccept), byte(kindRefuse):
		m.Data = hello(kind(k), w.near(fuzzWindow))
	case byte(kindClaim), byte(kindTaken):
		m.Data = claim{w.near(w.ln.mine.rank), w.next()%2 == 1}.append(kind(k))
	case byte(kindPing), byte(kindPong):
		m.Data = binary.BigEndian.AppendUint64([]byte{k}, w.near(0))
	default:
		h := header{kind(k), w.next(), w.near(w.open.came), w.near(w.open.sent)}
		m.Data = append(h.append(nil), w.some(w.next())...)
		if h.kind == kindAck {
			m.Data = binary.BigEndian.AppendUint64(h.append(nil), w.near(w.open.sent))
		}
	}
	return m
}

// step does what the script says next.
func (w *world) step() {
	switch s := w.open; w.next() % 16 {
	case 0:
		s.mu.Lock()
		wait := s.unread.empty()
		s.mu.Unlock()
		if b := make([]byte, w.next()); !wait {
			n, _, _ := s.take(b)
			w.got = append(w.got, b[:n]...)
		}
	case 1:
		for p := make([]byte, w.next()); len(p) > 0; {
			n, err := s.message(p)
			if n == 0 || err != nil {
				break
			}
			p = p[n:]
		}
	case 2:
		_ = s.CloseWrite()
	case 3:
		if w.next() == 0 {
			_ = s.Close()
		}
	case 4:
		w.n.tick()
	case 5:
		w.deliver(w.message(), w.ln.dialled)
	case 6:
		w.deliver(w.message(), w.ln.claimed)
	default:
		w.deliver(w.message(), w.n.receive)
	}
}

func (w *world) deliver(m *client.Msg, to func(*client.Msg)) {
	before := w.open.came
	over := w.open.over
	to(m)
	if n := w.open.came - before; n > 0 && !over {
		if len(m.Data) < headerSize || uint64(len(m.Data)-headerSize) != n {
			w.t.Fatalf("%d bytes came by %q", n, m.Data)
		}
		w.came = append(w.came, m.Data[headerSize:]...)
	}
	w.inputs++
}

// check checks what must always be true.
func (w *world) check() {
	t, s := w.t, w.open
	switch {
	case s.taken > s.sent || s.known > s.sent || s.sent > s.taken+s.window:
		t.Fatalf("sent %d, received %d, read %d of a window of %d", s.sent, s.known, s.taken, s.window)
	case !s.over && s.came-s.read > fuzzWindow:
		t.Fatalf("%d bytes wait to be read", s.came-s.read)
	case !bytes.HasPrefix(w.came, w.got):
		t.Fatalf("read %q of %q", w.got, w.came)
	case len(w.ln.waiting) > cap(w.ln.waiting) || len(w.n.dials) > cap(w.ln.waiting)+1:
		t.Fatalf("%d streams wait", len(w.n.dials))
	}
	streams := 0
	for _, p := range w.n.peers {
		if streams += p.streams; p.streams <= 0 || w.n.inboxes[p.id] != inbox(p) {
			t.Fatalf("a peer with %d streams", p.streams)
		}
	}
	if c := w.n.Counters(); c.Streams != streams && c.Streams != streams+1 { // one is dialling
		t.Fatalf("%d streams, %d of peers", c.Streams, streams)
	}
	for _, l := range w.n.out.queue {
		if w.letters++; checkSubject(l.to) != nil || !strings.HasPrefix(l.to, "aiomas.") || l.reply != "" && checkSubject(l.reply) != nil {
			t.Fatalf("a message to %q, with replies to %q", l.to, l.reply)
		}
		if l.stream != nil {
			l.stream.posted(l.data, nil)
		} else if len(l.data) > headerSize+8 {
			t.Fatalf("an answer of %d bytes", len(l.data))
		}
	}
	w.n.out.queue = w.n.out.queue[:0]
}

// FuzzMessages lets messages with any subjects, headers, sequence numbers and credits
// arrive, also while the application reads, writes and closes. A stream delivers the bytes
// that came in order and no others, memory is bounded, and replies go to subjects of
// streams only. When all ends are over, nothing is left.
func FuzzMessages(f *testing.F) {
	data := func(seq, got byte, text string) []byte {
		return append([]byte{7, 2, 9, byte(kindData), 0, seq, got, byte(len(text))}, text...)
	}
	control := func(k kind, flags, seq, got, more byte) []byte {
		return []byte{7, 2, 9, byte(k), flags, seq, got, 0, more}
	}
	for _, seed := range [][][]byte{
		{data(0, 0, "in order"), data(0, 0, "and on"), {0, 100}},
		{data(1, 0, "a gap")},
		{data(0, 0, "twice"), data(0xfb, 0, "twice")},
		{data(0, 1, "read what was not sent")},
		{{1, 100}, control(kindCredit, 0, 0, 0, 0), control(kindAck, 0, 0, 0, 0), {4}, {4}},
		{data(0, 0, "x"), control(kindProbe, flagEnd, 0, 0, 0), {0, 9}, data(0, 0, "after the end")},
		{{1, 9}, control(kindProbe, flagEnd|flagClosed, 0, 0xf8, 0), {1, 9}, {3, 0}},
		{control(kindReset, flagLost, 0, 0, 0), control(kindReset, 0, 0, 0, 0)},
		{{3, 0}, control(kindAck, flagEnd, 0, 0, 0)},
		{{7, 3, 7, byte(kindAccept), 0}, {7, 3, 8, byte(kindAccept), 0}, {4}},
		{{7, 3, 7, byte(kindRefuse), 0}}, {{7, 3, 0, 1}}, {{7, 2, 0, 1}, {4}, {4}, {4}, {4}, {4}},
		{{5, 11, 7, byte(kindDial), 0}, {5, 11, 7, byte(kindDial), 0}, {5, 11, 8, byte(kindDial), 255, 0, 0, 0, 0, 0, 0, 0, 0}},
		{{6, 0, 7, byte(kindClaim), 0xff, 1}, {6, 0, 7, byte(kindClaim), 1, 0}, {7, 4, 7, byte(kindTaken), 0xff, 1}},
		{{7, 1, 7, byte(kindPing), 3}, {7, 1, 9, byte(kindPing), 0}, {7, 5, 9, byte(kindPong), 0}, {7, 5, 9, byte(kindPong), 0}, {4}},
		{{7, 6, 14, byte(kindProbe), 0, 0, 0, 0}, {7, 6, 7, byte(kindProbe), 0, 0, 0, 0}},
	} {
		f.Add(bytes.Join(seed, nil))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		w := newWorld(t, script)
		for range 1000 {
			if len(w.script) == 0 {
				break
			}
			w.step()
			w.check()
		}
		w.ln.end(ErrDisconnected)
		w.n.finish(ErrDisconnected)
		if c := w.n.Counters(); c.Streams != 0 || c.Peers != 0 || len(w.n.dials) != 0 {
			t.Errorf("left: %+v, %d accepted", c, len(w.n.dials))
		}
		if _, _, err := w.open.take(nil); err == nil && !w.open.eof && w.open.unread.empty() {
			t.Error("the stream ended without an error")
		}
	})
}
