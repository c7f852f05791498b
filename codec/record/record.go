// Package record records and decodes the messages between aiomas programs of any language.
//
// A [Relay] forwards connections between two ends byte by byte and reports the forwarded data as
// events. A [Writer] stores events in a file, a [Reader] reads them back, and a [Tracker] decodes
// them: requests with their paths and arguments, and replies with the request that they answer and
// their latency.
package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
)

// Side is an end of a connection.
type Side uint8

// The two ends: the one that dialled and the one that accepted.
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
	Opened Kind = iota // a connection was opened; Addrs are its ends, Names the programs there
	Frame              // Data is the payload of one frame that From sent
	Rest               // Data was sent by From after a length above the limit, or is an incomplete frame at the end
	Ended              // From has ended its stream; Reason is "EOF" or an error
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
	Conn   int64 // the connection, numbered from 1 in the order of opening
	Kind   Kind
	From   Side
	Data   []byte
	Addrs  [2]string // by Side
	Names  [2]string // by Side, "plant.py 4711" for example; empty if it is not known
	Reason string
}

// hasEnvelope reports whether ParseMessage has read type and id despite the error err.
func hasEnvelope(err error) bool {
	var content *codec.DecodeError
	return errors.As(err, &content)
}
