package nats

import (
	"encoding/binary"
	"errors"
	"strings"
)

// kind is the first byte of a message.
type kind byte

const (
	kindDial   kind = 'd' // to a name: opens a stream to the reply subject
	kindTest   kind = 't' // to a name, by its listener: a test whether messages arrive
	kindClaim  kind = 'c' // to a name: the sender listens there, or is about to
	kindTaken  kind = 'x' // reply to a claim: the sender has the name
	kindAccept kind = 'a' // reply to a dial: the stream's other end is at the reply subject
	kindRefuse kind = 'n' // reply to a dial: too many streams wait for Accept
	kindData   kind = '-' // bytes from seq on
	kindCredit kind = '+' // got has increased
	kindProbe  kind = '?' // seq bytes were sent; asks for an ack
	kindAck    kind = '=' // the number of received bytes
	kindReset  kind = '!' // the stream has ended
	kindPing   kind = 'p' // to a process: asks for a pong
	kindPong   kind = 'o' // reply to a ping
)

// flags of messages between ends of streams.
const (
	flagEnd    = 1 << iota // the stream ends at seq; in an ack: the end was received
	flagClosed             // the sender reads no more bytes
	flagReply              // a reset in reply to a message, which is not replied to
	flagLost               // a reset because bytes were lost
)

const (
	version    = 1
	headerSize = 1 + 1 + 8 + 8
)

// header is the beginning of each message between the ends of a stream.
type header struct {
	kind  kind
	flags byte
	seq   uint64 // bytes sent before this message
	got   uint64 // bytes that the application has read; in an ack, the received bytes follow
}

func (h header) append(b []byte) []byte {
	b = append(b, byte(h.kind), h.flags)
	b = binary.BigEndian.AppendUint64(b, h.seq)
	return binary.BigEndian.AppendUint64(b, h.got)
}

var errShort = errors.New("a message is too short")

func parseHeader(b []byte) (h header, rest []byte, err error) {
	if len(b) < headerSize {
		return h, nil, errShort
	}
	return header{kind(b[0]), b[1], binary.BigEndian.Uint64(b[2:]), binary.BigEndian.Uint64(b[10:])}, b[headerSize:], nil
}

// hello returns a dial or accept message: the version and the size of the sender's window.
func hello(k kind, window uint64) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(k), version}, uint32(window)) //nolint:gosec // Options.check bounds it
}

// parseHello returns the window, or 0 if b is not a hello of this version.
func parseHello(b []byte) (window uint64) {
	if len(b) < 6 || b[1] != version {
		return 0
	}
	return uint64(binary.BigEndian.Uint32(b[2:]))
}

// claim is the content of claim and taken messages.
type claim struct {
	rank    uint64 // the lower rank wins
	settled bool   // the listener already has the name
}

func (c claim) append(k kind) []byte {
	b := []byte{byte(k), 0}
	if c.settled {
		b[1] = 1
	}
	return binary.BigEndian.AppendUint64(b, c.rank)
}

func parseClaim(b []byte) (c claim, ok bool) {
	if len(b) < 10 {
		return c, false
	}
	return claim{binary.BigEndian.Uint64(b[2:]), b[1] == 1}, true
}

// beats reports whether c keeps the name against o.
func (c claim) beats(o claim) bool {
	if c.settled != o.settled {
		return c.settled
	}
	return c.rank < o.rank
}

// checkSubject returns an error for names that cannot be part of a subject and of an
// address.
func checkSubject(name string) error {
	for word := range strings.SplitSeq(name, ".") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return ErrBadName
		}
	}
	return nil
}

// baseOf returns the base subject of the process in the subject of one of its streams, or
// "" if it is not such a subject.
func (t *Transport) baseOf(subject string) string {
	i := strings.LastIndexByte(subject, '.')
	if i < 0 || !strings.HasPrefix(subject, t.prefix+".to.") || checkSubject(subject) != nil {
		return ""
	}
	return subject[:i]
}
