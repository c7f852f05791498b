package nats

import (
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
	t       *Transport
	base    string // of its subjects
	id      string // last word of the subject to which it answers
	streams int    // guarded by Transport.mu

	heard   atomic.Int64 // when something came from it
	missing atomic.Int64 // since when nobody is there; 0: somebody is
}

// peerAt returns the peer with that base, for one more stream.
func (t *Transport) peerAt(base string) *peer {
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
	return p
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
	}
}

// tick tells whether the peer is gone, and asks it when it is silent.
func (p *peer) tick(now int64) (lost bool) {
	silent, missing := now-p.heard.Load(), p.missing.Load()
	if silent >= ticks || missing > 0 && now-missing >= ticks/3 {
		return true
	}
	if silent >= ticks/3 || missing > 0 {
		p.t.out.put(letter{to: p.base + ".0", reply: p.t.base + "." + p.id, data: []byte{byte(kindPing)}})
	}
	return false
}
