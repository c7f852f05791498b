package conversation

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/internal/frame"
	"github.com/aiomas-go/aiomas-go/internal/guess"
)

// describeTooLarge says who announced more than is allowed, and what it
// probably speaks when the announcement is no length at all.
func (c *Conn) describeTooLarge(e *frame.TooLargeError) string {
	s := fmt.Sprintf("sent a frame of %d bytes, the limit here is %d (Limits.FrameIn)", e.Size, e.Limit)
	if g := guess.Header(e.Head[:]); g != "" {
		s += "; its first bytes look like " + g
	}
	return s
}

// notAMessage describes a payload that is no message, and guesses the codec it
// was written with.
func (c *Conn) notAMessage(payload []byte, err error) error {
	reason := "a frame that is no " + c.set.Codec.Name() + " message"
	if len(payload) == 0 {
		reason = "an empty frame"
	} else if g := guess.Codec(payload); g != "" && g != c.set.Codec.Name() {
		reason += "; it looks like codec " + g
	}
	return &Violation{Reason: reason, Err: err}
}
