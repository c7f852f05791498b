package nats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	client "github.com/nats-io/nats.go"
)

// inbox is the receiver of messages to this process, selected by the last token of their
// subject: an end of a stream, a listener that claims its name, or a peer that was pinged.
type inbox interface{ receive(m *client.Msg) }

// nobody reports whether m is the message of NATS that there were no subscribers.
func nobody(m *client.Msg) bool { return len(m.Data) == 0 && m.Header.Get("Status") == "503" }

var errProtocol = errors.New("the peer breaks the protocol of streams")

// receive is called for all messages of the stream, by one goroutine.
func (s *stream) receive(m *client.Msg) {
	if nobody(m) {
		s.nobody()
		return
	}
	if len(m.Data) == 0 {
		return
	}
	switch kind(m.Data[0]) {
	case kindAccept:
		s.accepted(m)
	case kindRefuse:
		s.refused(syscall.ECONNREFUSED)
	default:
		h, rest, err := parseHeader(m.Data)
		if err != nil {
			return
		}
		s.mu.Lock()
		replies, broken, over := s.come(h, rest, len(rest))
		s.mu.Unlock()
		if broken != nil {
			s.fail(broken)
		}
		if over != nil {
			s.end(over)
		}
		s.t.out.send(replies)
	}
}

// nobody is called when a message of the stream had no subscribers.
func (s *stream) nobody() {
	s.mu.Lock()
	dials, p := s.state == dialling, s.peer
	s.mu.Unlock()
	if dials {
		s.end(syscall.ECONNREFUSED)
	} else {
		p.missed()
	}
}

// refused ends the stream if it is dialling.
func (s *stream) refused(err error) {
	s.mu.Lock()
	dials := s.state == dialling
	s.mu.Unlock()
	if dials {
		s.end(err)
	}
}

// accepted handles the reply to a dial.
func (s *stream) accepted(m *client.Msg) {
	window, base := parseHello(m.Data), s.t.baseOf(m.Reply)
	if window == 0 || base == "" {
		s.refused(fmt.Errorf("%w: of another version", ErrNoAnswer))
		return
	}
	s.mu.Lock()
	first := s.state == dialling
	again := s.to == m.Reply
	if first {
		s.state, s.to, s.window, s.heard = open, m.Reply, window, true
		s.mark = markOf(s.subject(), s.to)
		s.peer = s.t.peerAt(base, s.mark)
	}
	s.mu.Unlock()
	switch {
	case first:
		s.t.count.dialled.Add(1)
		s.dialled <- nil
	case !again: // two listeners have the name
		s.t.deny(m)
	}
}

// come handles a message from the stream's other end; mu is held. reply must be sent; broken
// is the reason why the stream fails; over is the reason why it has ended, in order or
// because the peer ended it. Of a data message with n bytes, rest has all, or none: then
// they are passed to more.
func (s *stream) come(h header, rest []byte, n int) (reply letter, broken, over error) {
	if s.state == dialling || s.state == gone {
		return reply, nil, nil
	}
	s.heard = true
	s.peer.isThere()
	if h.kind == kindReset {
		return s.comeReset(h)
	}
	if s.state == resetting {
		return reply, nil, nil
	}
	if h.got > s.sent {
		return reply, fmt.Errorf("%w: it has read what was not sent", errProtocol), nil
	}
	if h.got > s.taken {
		s.taken = h.got
		s.known = max(s.known, h.got)
		wake(s.canWrite)
	}
	switch h.kind {
	case kindData:
		broken = s.comeData(h, rest, n)
	case kindProbe:
		reply, broken = s.comeProbe(h)
	case kindAck:
		if len(rest) >= 8 {
			s.known = max(s.known, min(s.sent, binary.BigEndian.Uint64(rest)))
		}
		if h.flags&flagEnd != 0 && s.ended {
			if s.endSeen = true; s.state == closing {
				over = ErrReset // not visible to the user, who has closed the stream
			}
		}
	default: // only the header counts, or not for a stream
	}
	return reply, broken, over
}

func (s *stream) comeData(h header, rest []byte, n int) error {
	switch n := uint64(n); { //nolint:gosec // a length
	case h.seq > s.came:
		return fmt.Errorf("%w: %d after the first %d", ErrLost, h.seq-s.came, s.came)
	case h.seq < s.came || s.eof:
		return fmt.Errorf("%w: bytes come twice, or after the end", errProtocol)
	case !s.over && s.came+n-s.read > s.t.opts.window():
		return fmt.Errorf("%w: more than %d bytes wait to be read", errProtocol, s.t.opts.window())
	}
	s.came += uint64(len(rest))
	if len(rest) > 0 && !s.over {
		s.unread.keep(rest)
		wake(s.canRead)
	}
	return nil
}

func (s *stream) comeProbe(h header) (letter, error) {
	if h.seq > s.came {
		return letter{}, fmt.Errorf("%w: %d after the first %d", ErrLost, h.seq-s.came, s.came)
	}
	if h.flags&flagEnd != 0 && h.seq == s.came && !s.eof {
		s.eof = true
		wake(s.canRead)
	}
	if h.flags&flagClosed != 0 && !s.refuses {
		if s.refuses = true; s.sent > h.got && s.err == nil {
			s.err = fmt.Errorf("%w: it has not read %d bytes", ErrReset, s.sent-h.got)
		}
		s.wake()
	}
	flags := byte(0)
	if s.eof {
		flags = flagEnd
	}
	return letter{to: s.to, data: binary.BigEndian.AppendUint64(s.header(kindAck, flags), s.came)}, nil
}

func (s *stream) comeReset(h header) (reply letter, broken, over error) {
	if h.flags&flagReply == 0 {
		reply = letter{to: s.to, data: s.header(kindReset, flagReply)}
	}
	switch {
	case s.state != open:
		over = ErrReset
	case s.eof && s.refuses: // both directions have ended, and the peer has forgotten the stream
		s.known, s.endSeen = s.sent, true
	case h.flags&flagLost != 0:
		over = fmt.Errorf("%w, as the peer says", ErrLost)
	default:
		over = ErrReset
	}
	return reply, nil, over
}

// tick is called at each tick, and sends again what the peer has not acknowledged. If
// suspect is true, the peer may not know the stream.
func (s *stream) tick(suspect bool) {
	s.mu.Lock()
	var l letter
	var over bool
	switch s.state {
	case dialling:
		l = s.dial()
	case open:
		unsure := s.known < s.sent || s.ended && !s.endSeen || !s.heard
		if (unsure && s.asked || suspect) && !s.passing {
			l = s.probe()
		}
		s.asked = unsure
	case closing, resetting:
		if s.age++; s.age > ticks {
			over = true
		} else if s.age > 1 {
			l = s.probe()
		}
	case gone:
	}
	s.mu.Unlock()
	if over {
		s.end(ErrPeerGone)
	}
	s.t.out.send(l)
}

// dial returns the dial message; mu is held.
func (s *stream) dial() letter {
	return letter{
		to: s.t.prefix + ".dial." + s.remote.name, reply: s.subject(), data: hello(kindDial, s.t.opts.window()), name: true,
	}
}
