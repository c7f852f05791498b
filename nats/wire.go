package nats

import (
	"encoding/binary"
	"errors"
	"strings"
)

// kind is the first byte of a message.
type kind byte

const (
	kindDial   kind = 'd' // to a name: a stream is wanted, at the reply subject
	kindTest   kind = 't' // to a name, by who listens there: does it come back?
	kindClaim  kind = 'c' // to a name: I listen, or am about to
	kindTaken  kind = 'x' // to who claims: it is mine
	kindAccept kind = 'a' // to who dials: the stream's other end is at the reply subject
	kindRefuse kind = 'n' // to who dials: too many wait to be accepted
	kindData   kind = '-' // bytes from seq on
	kindCredit kind = '+' // got has grown
	kindProbe  kind = '?' // I have sent seq bytes; have you got them?
	kindAck    kind = '=' // have bytes have come
	kindReset  kind = '!' // the stream is over
	kindPing   kind = 'p' // to a process: are you there?
	kindPong   kind = 'o' // yes
)

// flags of messages between ends of streams.
const (
	flagEnd    = 1 << iota // the stream ends with seq; of an ack: its end has come
	flagClosed             // nothing is read any more
	flagReply              // a reset that answers, and is not answered
	flagLost               // of a reset: for bytes that were lost
)

const (
	version    = 1
	headerSize = 1 + 1 + 8 + 8
)

// header begins each message between the ends of a stream.
type header struct {
	kind  kind
	flags byte
	seq   uint64 // bytes sent before this message
	got   uint64 // bytes that the application has read; of an ack: that have come, too
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

// hello is what is in dial and accept: the version, and how many unread bytes the sender
// keeps.
func hello(k kind, window uint64) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(k), version}, uint32(window)) //nolint:gosec // Options.check bounds it
}

// parseHello returns 0 for what is none, or of another version.
func parseHello(b []byte) (window uint64) {
	if len(b) < 6 || b[1] != version {
		return 0
	}
	return uint64(binary.BigEndian.Uint32(b[2:]))
}

// claim is what is in claim and taken.
type claim struct {
	rank    uint64 // the lower one wins
	settled bool   // it is listened at, and has been before
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

// beats tells which of two listeners of a name keeps it.
func (c claim) beats(o claim) bool {
	if c.settled != o.settled {
		return c.settled
	}
	return c.rank < o.rank
}

// checkSubject accepts what can be part of a subject and of an address.
func checkSubject(name string) error {
	for word := range strings.SplitSeq(name, ".") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return ErrBadName
		}
	}
	return nil
}

// base is the subject of a process in that of one of its streams; empty if it is none.
func (t *Transport) baseOf(subject string) string {
	i := strings.LastIndexByte(subject, '.')
	if i < 0 || !strings.HasPrefix(subject, t.prefix+".to.") || checkSubject(subject) != nil {
		return ""
	}
	return subject[:i]
}
