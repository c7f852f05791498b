package aiomas

import "github.com/aiomas-go/aiomas-go/internal/conversation"

// Activity counts what is under way, on any number of connections that share it with
// [WithActivity]. The zero value is ready. It is safe for concurrent use.
//
// A call that this end makes is counted from before its request leaves until its reply
// has come, also if it was given up meanwhile; a call of the peer from its arrival until
// it is answered, or given up with its connection, and its function has returned. The
// end of the connection ends the calls of this end. So an end of a call that both ends
// count comes after the end of all that its function has begun and waited for.
type Activity struct{ t conversation.Tally }

// Counts returns how much has ever begun, and how much of that has ended. Both only
// grow, and are not of one moment if there are several connections: nothing was under
// way at some moment if a later begun equals an earlier ended.
func (a *Activity) Counts() (begun, ended int64) { return a.t.Counts() }

// Begin counts something else, until the returned function is called: a goroutine of an
// agent, say.
func (a *Activity) Begin() (end func()) { return a.t.Begin() }

// WithActivity has connections count into a, besides those of other WithActivity.
func WithActivity(a *Activity) Option {
	return setting(func(cfg *config) {
		if a == nil {
			cfg.mistake("WithActivity(nil)")
			return
		}
		cfg.conversation.Tallies = append(cfg.conversation.Tallies, &a.t)
	})
}
