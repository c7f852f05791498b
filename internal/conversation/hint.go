package conversation

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/guess"
)

// describeTooLarge describes a frame that exceeds the limit, and guesses the protocol of the
// peer if the header is not a length.
func (c *Conn) describeTooLarge(e *frame.TooLargeError) string {
	s := fmt.Sprintf("sent a frame of %d bytes, the limit here is %d (Limits.FrameIn)", e.Size, e.Limit)
	if g := guess.Header(e.Head[:]); g != "" {
		s += "; its first bytes look like " + g
	}
	return s
}

// notAMessage returns the error for a payload that is not a message, with a guess at the codec
// that encoded it.
func (c *Conn) notAMessage(payload []byte, err error) error {
	reason := "a frame that is not a " + c.set.Codec.Name() + " message"
	if len(payload) == 0 {
		reason = "an empty frame"
	} else if g := guess.Codec(payload); g != "" && g != c.set.Codec.Name() {
		reason += "; it looks like codec " + g
	}
	return &Violation{Reason: reason, Err: err}
}
