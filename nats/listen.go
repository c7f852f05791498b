package nats

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	client "github.com/nats-io/nats.go"
)

// backlog is the most streams that wait for Accept.
const backlog = 1024

// listener is a listener with a name. It implements net.Listener.
type listener struct {
	t       *Transport
	at      addr
	id      string           // last token of the subject for replies that the name is taken
	echoes  [2]chan struct{} // get a token when the own claim, and the own test, have arrived
	taken   chan struct{}    // gets a token when another listener has the name
	waiting chan *stream
	ended   chan struct{}

	mu   sync.Mutex
	mine claim
	subs []*client.Subscription
	err  error // the reason why it has ended
}

// Listen takes the name. The error is [ErrNameTaken] if another listener has it, or takes
// it at the same time and has the lower rank. It implements aiomas.Transport.
func (t *Transport) Listen(ctx context.Context, name string) (net.Listener, error) {
	var rank [8]byte
	_, _ = rand.Read(rank[:]) // never fails
	l := &listener{
		t: t, at: addr{t.opts.Scheme, name}, mine: claim{rank: binary.BigEndian.Uint64(rank[:])},
		echoes: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}, taken: make(chan struct{}, 1),
		waiting: make(chan *stream, backlog), ended: make(chan struct{}),
	}
	if err := checkSubject(name); err != nil {
		return nil, l.opError("listen", err)
	}
	t.mu.Lock()
	err := t.over
	if t.names[name] != nil {
		err = ErrNameTaken
	}
	if err == nil {
		t.number++
		l.id = "l" + strconv.Itoa(t.number)
		t.names[name], t.inboxes[l.id] = l, l
	}
	t.mu.Unlock()
	if err != nil {
		return nil, l.opError("listen", err)
	}
	if err := l.take(ctx); err != nil {
		l.end(err)
		return nil, l.opError("listen", err)
	}
	return l, nil
}

func (l *listener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: l.at.scheme, Addr: l.at, Err: err}
}

// subject returns the subject of messages of a kind to the name.
func (l *listener) subject(of string) string { return l.t.prefix + "." + of + "." + l.at.name }

// take takes the name.
func (l *listener) take(ctx context.Context) (err error) {
	if err := l.subscribe("claim", l.claimed); err != nil {
		return err
	}
	l.mu.Lock()
	data := l.mine.append(kindClaim)
	l.mu.Unlock()
	if err := l.t.comesBack(ctx, l.subject("claim"), data, l.echoes[0]); err != nil {
		return err
	}
	for range 4 { // subscriptions of others may still be propagating between the servers
		l.claimAgain()
		timer := time.NewTimer(l.t.opts.Claim / 4)
		select {
		case <-timer.C:
		case <-l.taken:
			err = ErrNameTaken
		case <-l.ended:
			err = l.why()
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
	l.mu.Lock()
	l.mine.settled = true
	l.mu.Unlock()
	if err := l.subscribe("dial", l.dialled); err != nil {
		return err
	}
	return l.t.comesBack(ctx, l.subject("dial"), []byte{byte(kindTest)}, l.echoes[1])
}

func (l *listener) subscribe(to string, receive client.MsgHandler) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	sub, err := l.t.nc.Subscribe(l.subject(to), receive)
	if err == nil {
		l.subs = append(l.subs, sub)
	}
	return err
}

// claimAgain publishes the claim, also to other listeners with the name.
func (l *listener) claimAgain() {
	l.mu.Lock()
	data := l.mine.append(kindClaim)
	l.mu.Unlock()
	l.t.out.put(letter{to: l.subject("claim"), reply: l.t.base + "." + l.id, data: data, name: true})
}

// claimed is called for each claim of the name, including its own.
func (l *listener) claimed(m *client.Msg) {
	other, ok := parseClaim(m.Data)
	if !ok {
		return
	}
	l.mu.Lock()
	mine, ended := l.mine, l.err != nil
	l.mu.Unlock()
	switch {
	case ended:
	case other.rank == mine.rank:
		wake(l.echoes[0])
	case mine.beats(other) && l.t.baseOf(m.Reply) != "":
		l.t.out.put(letter{to: m.Reply, data: mine.append(kindTaken)})
	case other.beats(mine):
		l.lose()
	}
}

// receive handles the reply that the name is taken.
func (l *listener) receive(m *client.Msg) {
	other, ok := parseClaim(m.Data)
	l.mu.Lock()
	loses := ok && kind(m.Data[0]) == kindTaken && other.beats(l.mine)
	l.mu.Unlock()
	if loses {
		l.lose()
	}
}

// lose gives up the name. A listener that already had it, which ends here, shared the name
// with another one because their servers were not connected.
func (l *listener) lose() {
	wake(l.taken)
	l.mu.Lock()
	settled := l.mine.settled
	l.mu.Unlock()
	if settled {
		l.t.opts.Logger.Error("another process has the name, too; this one gives it up", "name", l.at.name)
		l.end(ErrNameTaken)
	}
}

// dialled is called for each dial message.
func (l *listener) dialled(m *client.Msg) {
	switch {
	case len(m.Data) == 0:
		return
	case kind(m.Data[0]) == kindTest:
		wake(l.echoes[1])
		return
	case kind(m.Data[0]) != kindDial:
		return
	}
	window, base := parseHello(m.Data), l.t.baseOf(m.Reply)
	if base == "" {
		return
	}
	refuse := letter{to: m.Reply, data: []byte{byte(kindRefuse)}}
	if window == 0 {
		l.t.out.put(refuse)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	s, again := l.t.accept(l.at, m.Reply, base, window)
	if s == nil {
		return
	}
	if !again {
		select {
		case l.waiting <- s:
			l.t.count.accepted.Add(1)
		default:
			l.t.forgetAccepted(s)
			l.t.out.put(refuse)
			return
		}
	}
	l.t.out.put(letter{to: m.Reply, reply: s.subject(), data: hello(kindAccept, l.t.opts.window())})
}

// accept returns this end of the stream that was dialled by to, and whether it existed
// before. It returns nil if the transport is closed.
func (t *Transport) accept(local addr, to, base string, window uint64) (s *stream, again bool) {
	t.mu.RLock()
	s, over := t.dials[to], t.over
	t.mu.RUnlock()
	if s != nil || over != nil {
		return s, true
	}
	s = t.newStream(newID(), local, addr{t.opts.Scheme, base})
	s.state, s.to, s.window, s.mark = open, to, window, markOf(s.subject(), to)
	s.peer = t.peerAt(base, s.mark)
	t.mu.Lock()
	t.inboxes[s.id], t.dials[to] = s, s
	t.mu.Unlock()
	return s, false
}

// forgetAccepted removes an accepted stream that its other end does not know.
func (t *Transport) forgetAccepted(s *stream) {
	s.mu.Lock()
	s.state = gone
	s.mu.Unlock()
	t.forget(s)
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case s := <-l.waiting:
		return s, nil
	case <-l.ended:
		return nil, l.opError("accept", l.why())
	}
}

// Addr returns the name.
func (l *listener) Addr() net.Addr { return l.at }

// Close gives up the name, and closes streams that were not accepted.
func (l *listener) Close() error {
	l.end(net.ErrClosed)
	return nil
}

func (l *listener) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// end ends the listener, at the first call.
func (l *listener) end(err error) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return
	}
	l.err = err
	subs := l.subs
	close(l.ended)
	l.mu.Unlock()
	for range len(l.waiting) { // no streams are added any more
		select {
		case s := <-l.waiting:
			_ = s.Close()
		default: // Accept took it
		}
	}
	l.t.mu.Lock()
	delete(l.t.names, l.at.name)
	delete(l.t.inboxes, l.id)
	l.t.mu.Unlock()
	l.t.quickly(func() {
		for _, sub := range subs {
			_ = sub.Unsubscribe() // fails if the NATS connection is closed
		}
	})
}

// noAnswer returns the reason why a name has not answered, as far as it is known from NATS.
func (t *Transport) noAnswer() error {
	if !t.connected.Load() {
		return fmt.Errorf("%w: there is no connection to NATS", ErrNoAnswer)
	}
	if err := t.nc.LastError(); errors.Is(err, client.ErrPermissionViolation) {
		return fmt.Errorf("%w: %w, for one: %w", ErrNoAnswer, ErrNotPermitted, err)
	}
	return ErrNoAnswer
}
