// Package record relays, records and reads what aiomas programs of any language say to each other.
//
// A [Relay] stands between two ends and passes on every byte as it comes. What passes is told as events, which a
// [Writer] keeps in a file, a [Reader] reads again, and a [Tracker] decodes: requests with their paths and arguments,
// replies with the request that they answer and the time that it took.
package record

import (
	"errors"

	"github.com/aiomas-go/aiomas-go/codec"
)

// hasEnvelope tells of an error of ParseMessage whether type and id could be read.
func hasEnvelope(err error) bool {
	var content *codec.DecodeError
	return errors.As(err, &content)
}
