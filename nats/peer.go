package nats

import (
	"encoding/binary"
	"hash/fnv"
	"strconv"
	"sync/atomic"

	client "github.com/nats-io/nats.go"
)

// ticks is the number of ticks in which a peer that is silent is gone. It is gone after a
// third of it, when NATS says that nobody is there.
const ticks = 15

// peer is a process at the other end of streams. It is asked whether it is there, not
// each of its streams. Times are ticks of the transport, which does not tick while it has
// no connection to NATS.
type peer struct {
	t    *Transport
	base string // of its subjects
	id   string // last word of the subject to which it answers

	// Guarded by Transport.mu.
	streams int
	mark    uint64 // of their subjects, as the peer has it of the same streams
	odd     uint64 // what it was when the peer's was another; 0: it was the same
	suspect bool   // the peer does not have all of them: each is asked for

	heard   atomic.Int64 // when something came from it
	missing atomic.Int64 // since when nobody is there; 0: somebody is
}

// peerAt returns the peer with that base, for one more stream.
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

// markOf is the same for both ends of a stream.
func markOf(subject, other string) uint64 {
	sum := func(s string) uint64 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(s))
		return h.Sum64()
	}
	return sum(subject) ^ sum(other)
}

// compare takes the peer's mark: one end of a stream may have been given up while the
// other end did not hear of it. That is so if they differ twice, and nothing changed
// here meanwhile.
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

// asked answers a peer that asks whether this process is there.
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

// ping is the message with what this side has of p, nil: nothing.
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

// receive takes the answer to a ping.
func (p *peer) receive(m *client.Msg) {
	switch {
	case nobody(m):
		p.missed()
	case len(m.Data) > 0 && kind(m.Data[0]) == kindPong:
		p.isThere()
		p.compare(m)
	}
}

// tick tells whether the peer is gone, and asks it when it is silent.
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
