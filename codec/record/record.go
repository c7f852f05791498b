// Package record relays, records and reads what aiomas programs of any language say to each other.
//
// A [Relay] stands between two ends and passes on every byte as it comes. What passes is told as events, which a
// [Writer] keeps in a file, a [Reader] reads again, and a [Tracker] decodes: requests with their paths and arguments,
// replies with the request that they answer and the time that it took.
package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Side is an end of a connection.
type Side uint8

// The two ends: who dialled, and who was dialled.
const (
	Client Side = iota
	Server
)

// String returns "client" or "server".
func (s Side) String() string {
	if s == Client {
		return "client"
	}
	return "server"
}

// Other returns the other end.
func (s Side) Other() Side { return 1 - s }

// Kind is a kind of event.
type Kind uint8

// The kinds of events.
const (
	Opened Kind = iota // a connection; Addrs are its ends
	Frame              // Data is the payload of one frame that From sent
	Rest               // Data is part of what From sent after a length past the limit, and within a frame at the end
	Ended              // From sends no more; Reason says why, "EOF" in order
)

var kindNames = []string{"opened", "frame", "rest", "ended"}

// String returns "opened", "frame", "rest" or "ended".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", k)
}

// Event is something that happened on a connection.
type Event struct {
	Time   time.Time
	Conn   int64 // the number of the connection, from 1 in the order of opening
	Kind   Kind
	From   Side
	Data   []byte
	Addrs  [2]string // by Side
	Reason string
}

// hasEnvelope tells of an error of ParseMessage whether type and id could be read.
func hasEnvelope(err error) bool {
	var content *codec.DecodeError
	return errors.As(err, &content)
}
