package nats

import (
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/nats-io/nats.go"
)

// Transport makes connections by name over one NATS connection. It implements
// aiomas.Transport and is safe for concurrent use.
type Transport struct {
	nc     *client.Conn
	links  *links // makes the connections of nc; nil if this package does not
	owns   bool   // nc is closed by Close
	opts   Options
	prefix string // of all subjects
	base   string // of subjects of this process
	sub    *client.Subscription
	out    outbox
	echo   chan struct{} // gets a token when a message to itself has arrived

	connected  atomic.Bool
	reconnects uint64        // only for the goroutine of watch
	most       atomic.Int64  // most bytes of a message of NATS
	now        atomic.Int64  // in ticks
	gone       chan struct{} // closed by Close, or after the end of nc
	work       sync.WaitGroup
	count      counts

	mu      sync.RWMutex
	over    error // the error of new streams and listeners, or nil
	number  int   // number of peers and listeners so far
	inboxes map[string]inbox
	peers   map[string]*peer // by base
	names   map[string]*listener
	dials   map[string]*stream // accepted streams, by the subject of the other end
}

type counts struct{ dialled, accepted, failed atomic.Uint64 }

// Counters are counters of a transport.
type Counters struct {
	Streams  int    `json:"streams"`  // present streams
	Peers    int    `json:"peers"`    // processes at the other ends
	Dialled  uint64 `json:"dialled"`  // streams dialled so far
	Accepted uint64 `json:"accepted"` // streams accepted so far
	Failed   uint64 `json:"failed"`   // streams that have failed
}

// Counters returns the present values.
func (t *Transport) Counters() Counters {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return Counters{
		Streams: len(t.inboxes) - len(t.peers) - len(t.names), Peers: len(t.peers),
		Dialled: t.count.dialled.Load(), Accepted: t.count.accepted.Load(), Failed: t.count.failed.Load(),
	}
}

// NATS returns the NATS connection.
func (t *Transport) NATS() *client.Conn { return t.nc }

// receive is called for each message to this process, except data by way of a link. It must
// not block.
func (t *Transport) receive(m *client.Msg) {
	id := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	t.mu.RLock()
	to := t.inboxes[id]
	t.mu.RUnlock()
	switch {
	case to != nil:
		to.receive(m)
	case len(m.Data) == 0:
	case id == "0":
		switch kind(m.Data[0]) {
		case kindTest:
			wake(t.echo)
		case kindPing:
			t.asked(m)
		default: // not for the process
		}
	default:
		t.deny(m)
	}
}

// deny replies that a stream is unknown.
func (t *Transport) deny(m *client.Msg) {
	if k := kind(m.Data[0]); k != kindAccept && k != kindProbe && k != kindReset || t.baseOf(m.Reply) == "" {
		return
	}
	t.out.put(letter{to: m.Reply, data: header{kind: kindReset, flags: flagReply}.append(nil)})
}

// forget removes a stream.
func (t *Transport) forget(s *stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inboxes[s.id] != s {
		return
	}
	delete(t.inboxes, s.id)
	if t.dials[s.to] == s {
		delete(t.dials, s.to)
	}
	p := s.peer
	if p == nil {
		return
	}
	p.mark ^= s.mark
	if p.streams--; p.streams == 0 && t.peers[p.base] == p {
		delete(t.peers, p.base)
		delete(t.inboxes, p.id)
	}
}

// watch runs in the goroutine that ticks and observes the state of the NATS connection.
func (t *Transport) watch(status chan client.Status) {
	defer t.nc.RemoveStatusListener(status)
	ticker := time.NewTicker(max(t.opts.Timeout/ticks, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.changed()
			if t.connected.Load() {
				t.tick()
			}
		case <-status:
			t.changed()
		case <-t.gone:
			return
		}
	}
}

// changed is called when the state of the NATS connection may have changed.
func (t *Transport) changed() {
	if t.nc.IsClosed() {
		t.finish(ErrDisconnected)
		return
	}
	now, reconnects := t.nc.IsConnected(), t.nc.Stats().Reconnects
	if t.connected.Swap(now) == now && t.reconnects == reconnects {
		return
	}
	t.reconnects = reconnects // there may have been one since the last call
	t.resume()
	if !now {
		return
	}
	t.measure()
	t.mu.RLock()
	for _, p := range t.peers {
		p.isThere()
	}
	listeners := slices.Collect(maps.Values(t.names))
	t.mu.RUnlock()
	for _, l := range listeners {
		l.claimAgain()
	}
	t.tick()
}

// tick handles timeouts of peers and streams.
func (t *Transport) tick() {
	now := t.now.Add(1)
	lost, suspects := make(map[*peer]bool), make(map[*peer]bool)
	var streams []*stream
	var listeners []*listener
	t.mu.RLock()
	peers := slices.Collect(maps.Values(t.peers))
	for _, to := range t.inboxes {
		if s, ok := to.(*stream); ok {
			streams = append(streams, s)
		}
	}
	if now%(2*ticks) == 0 {
		listeners = slices.Collect(maps.Values(t.names))
	}
	t.mu.RUnlock()
	for _, p := range peers {
		if p.tick(now) {
			lost[p] = true
		}
		t.mu.Lock()
		if p.suspect {
			p.suspect, suspects[p] = false, true
		}
		t.mu.Unlock()
	}
	for _, s := range streams {
		if p := s.at(); lost[p] {
			s.end(ErrPeerGone)
		} else {
			s.tick(suspects[p])
		}
	}
	for _, l := range listeners {
		l.claimAgain()
	}
}

func (s *stream) at() *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peer
}

// measure determines the most bytes of a message. It is stored, since asking the NATS client
// may block.
func (t *Transport) measure() { t.most.Store(t.nc.MaxPayload()) }

// mostData returns the most bytes of a data message to a subject.
func (t *Transport) mostData(to string) int {
	return int(max(1, min(mostChunk-int64(len(to)+pubSize+headerSize), t.most.Load()-headerSize)))
}

// Close ends all streams and listeners. It waits at most a quarter of a second for the NATS
// server to receive that, and not at all if there is no connection to the server.
func (t *Transport) Close() error {
	t.mu.RLock()
	listeners, inboxes := slices.Collect(maps.Values(t.names)), slices.Collect(maps.Values(t.inboxes))
	over := t.over
	t.mu.RUnlock()
	if over != nil {
		return nil
	}
	for _, l := range listeners {
		_ = l.Close()
	}
	for _, to := range inboxes {
		if s, ok := to.(*stream); ok {
			_ = s.Close()
		}
	}
	t.quickly(func() {
		if t.connected.Load() {
			select {
			case <-t.out.empty():
				_ = t.nc.FlushTimeout(grace)
			case <-t.gone:
			}
		}
		_ = t.sub.Unsubscribe()
	})
	t.finish(net.ErrClosed)
	t.quickly(func() {
		if t.owns {
			t.nc.Close()
		}
		t.work.Wait()
	})
	return nil
}

// grace is how long Close waits for NATS.
const grace = 250 * time.Millisecond

// quickly calls f, which may be blocked by a server that hangs, and waits for it for at
// most grace.
func (t *Transport) quickly(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// finish ends everything at once.
func (t *Transport) finish(err error) {
	t.mu.Lock()
	if t.over != nil {
		t.mu.Unlock()
		return
	}
	t.over = err
	listeners, inboxes := slices.Collect(maps.Values(t.names)), slices.Collect(maps.Values(t.inboxes))
	t.mu.Unlock()
	close(t.gone)
	for _, l := range listeners {
		l.end(err)
	}
	for _, to := range inboxes {
		if s, ok := to.(*stream); ok {
			s.end(err)
		}
	}
}
