package nats

import (
	"encoding/binary"
	"hash/fnv"
	"strconv"
	"sync/atomic"

	client "github.com/nats-io/nats.go"
)

// ticks is the number of ticks after which a silent peer counts as gone. If NATS reports
// that there are no subscribers, a third of them is enough.
const ticks = 15

// peer is a process at the other end of streams. Pings are sent to the process, not for
// each stream. Times are ticks of the transport, which does not tick while it has no
// connection to NATS.
type peer struct {
	t    *Transport
	base string // prefix of its subjects
	id   string // last token of the subject of its replies

	// Guarded by Transport.mu.
	streams int
	mark    uint64 // of their subjects; the peer has the same for the same streams
	odd     uint64 // the mark here when the peer's was different; 0 if it was equal
	suspect bool   // the peer does not have all of them: a probe is sent for each

	heard   atomic.Int64 // time of its last message
	missing atomic.Int64 // time since which there are no subscribers; 0 if there are
}

// peerAt returns the peer with the given base, for one more stream.
func (t *Transport) peerAt(base string, mark uint64) *peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.peers[base]
	if p == nil {
		t.number++
		p = &peer{t: t, base: base, id: "p" + strconv.Itoa(t.number)}
		p.isThere()
		t.peers[base] = p
		t.inboxes[p.id] = p
	}
	p.streams++
	p.mark ^= mark
	return p
}

// markOf returns a mark of a stream, which is the same at both ends.
func markOf(subject, other string) uint64 {
	sum := func(s string) uint64 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(s))
		return h.Sum64()
	}
	return sum(subject) ^ sum(other)
}

// compare compares the peer's mark with this side's: one end of a stream may have ended
// without the other end having received that. This is the case if the marks differ twice
// and the mark here has not changed in between.
func (p *peer) compare(m *client.Msg) {
	if len(m.Data) < 9 {
		return
	}
	p.t.mu.Lock()
	defer p.t.mu.Unlock()
	switch theirs := binary.BigEndian.Uint64(m.Data[1:]); {
	case theirs == p.mark:
		p.odd = 0
	case p.odd == p.mark:
		p.suspect, p.odd = true, 0
	default:
		p.odd = p.mark
	}
}

// asked replies to a ping of a peer.
func (t *Transport) asked(m *client.Msg) {
	base := t.baseOf(m.Reply)
	if base == "" {
		return
	}
	t.mu.RLock()
	p := t.peers[base]
	t.mu.RUnlock()
	if p != nil {
		p.isThere()
		p.compare(m)
	}
	t.out.put(letter{to: m.Reply, data: t.ping(kindPong, p)})
}

// ping returns a message with the mark of p; p may be nil.
func (t *Transport) ping(k kind, p *peer) []byte {
	var mark uint64
	if p != nil {
		t.mu.RLock()
		mark = p.mark
		t.mu.RUnlock()
	}
	return binary.BigEndian.AppendUint64([]byte{byte(k)}, mark)
}

func (p *peer) isThere() {
	p.heard.Store(p.t.now.Load())
	p.missing.Store(0)
}

func (p *peer) missed() { p.missing.CompareAndSwap(0, p.t.now.Load()) }

// receive handles the reply to a ping.
func (p *peer) receive(m *client.Msg) {
	switch {
	case nobody(m):
		p.missed()
	case len(m.Data) > 0 && kind(m.Data[0]) == kindPong:
		p.isThere()
		p.compare(m)
	}
}

// tick reports whether the peer is gone, and pings it if it is silent.
func (p *peer) tick(now int64) (lost bool) {
	silent, missing := now-p.heard.Load(), p.missing.Load()
	if silent >= ticks || missing > 0 && now-missing >= ticks/3 {
		return true
	}
	if silent >= ticks/3 || missing > 0 || now%ticks == 0 {
		p.t.out.put(letter{to: p.base + ".0", reply: p.t.base + "." + p.id, data: p.t.ping(kindPing, p)})
	}
	return false
}
