package msgpack

import (
	"fmt"
	"math"

	"github.com/aiomas-go/aiomas-go/codec"
)

// appendEnvelope writes the part of a message before its content.
func appendEnvelope(b []byte, t codec.MessageType, id int64) []byte {
	return appendInt(append(b, codeFixArray|3, byte(t)), id)
}

// ParseMessage reads type and id, in any encoding, and scans the rest. Errors
// after type and id concern one call only.
//
// The result is named and is set in place: copying it took an eighth of the
// time.
func (*implementation) ParseMessage(b []byte, lim codec.Limits) (m codec.Message, err error) {
	n, i := uint32(3), 1
	if len(b) == 0 || b[0] != codeFixArray|3 { // all known peers write this byte
		h, ok := readHead(b, 0)
		switch {
		case !ok:
			return m, badEnvelope(0, "no value")
		case h.kind != codec.KindList:
			return m, badEnvelope(0, fmt.Sprintf("a %v, not a list of three", h.kind))
		case h.n < 2:
			return m, badEnvelope(0, fmt.Sprintf("a list of %d, not of three", h.n))
		}
		n, i = h.n, int(h.size)
	}
	t, j, ok := readInt64(b, i)
	if !ok || t < int64(codec.Request) || t > int64(codec.Exception) {
		return m, badEnvelope(i, "the message type is not 0, 1 or 2")
	}
	id, start, ok := readInt64(b, j)
	if !ok {
		return m, badEnvelope(j, "the message id is not an int of 64 bits")
	}
	m.Type, m.ID = codec.MessageType(t), id

	lim = lim.WithDefaults()
	switch {
	case n != 3:
		return m, malformed(0, fmt.Sprintf("a message of %d elements, not of three", n))
	case int64(len(b)) > lim.Size:
		return m, malformed(0, fmt.Sprintf("a message of %d bytes, more than %d", len(b), lim.Size))
	}
	end, bad := scan(b, start, 1, incoming(b, lim, 3))
	if bad == nil && end < len(b) {
		bad = malformed(end, fmt.Sprintf("%d bytes follow the message", len(b)-end))
	}
	if bad != nil {
		return m, bad
	}
	m.Content = b[start:end:end]
	return m, nil
}

// incoming returns the rules for a value from a peer; around is the number of
// values of the message outside of it.
func incoming(b []byte, lim codec.Limits, around int) rules {
	return rules{depth: min(lim.Depth, maxDepth), elements: lim.Elements, around: around, memory: maxMemory(len(b))}
}

func parseValue(b []byte, lim codec.Limits) ([]byte, error) {
	lim = lim.WithDefaults()
	if int64(len(b)) > lim.Size {
		return nil, malformed(0, fmt.Sprintf("%d bytes, more than %d", len(b), lim.Size))
	}
	end, err := scan(b, 0, 0, incoming(b, lim, 0))
	if err == nil && end < len(b) {
		err = malformed(end, fmt.Sprintf("%d bytes follow the value", len(b)-end))
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// readInt64 reads the int at b[i:] and returns the index after it. It returns
// false if the value is not an int, or does not fit int64.
func readInt64(b []byte, i int) (v int64, end int, ok bool) {
	if i < len(b) && b[i] < codeFixMap {
		return int64(b[i]), i + 1, true
	}
	h, ok := readHead(b, i)
	if !ok || h.kind != codec.KindInt {
		return 0, i, false
	}
	u, neg := intAt(b, i)
	if !neg && u > math.MaxInt64 {
		return 0, i, false
	}
	return int64(u), i + int(h.size), true
}

func badEnvelope(i int, reason string) error {
	return &codec.EnvelopeError{Offset: i, Reason: reason}
}
