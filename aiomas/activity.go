package aiomas

import "github.com/aiomas-go/aiomas-go/internal/conversation"

// Activity counts operations in progress on all connections that share it through
// [WithActivity]. The zero value is ready to use. It is safe for concurrent use.
//
// A call made by this end counts from before its request is sent until its reply
// arrives, even if the caller gave up in between, or until the connection ends. A call
// made by the peer counts from its arrival until it is answered, or until the
// connection has ended and its function has returned. So if both ends count a call, it
// ends only after everything that its function started and waited for.
type Activity struct{ t conversation.Tally }

// Counts returns how many operations have begun and how many of them have ended, since
// the start. Both numbers only grow. With several connections they are not taken at the
// same instant: nothing was in progress at some instant if begun, read later, equals
// ended, read earlier.
func (a *Activity) Counts() (begun, ended int64) { return a.t.Counts() }

// Begin counts another operation, for example a goroutine of an agent, until the
// returned function is called.
func (a *Activity) Begin() (end func()) { return a.t.Begin() }

// WithActivity makes connections count into a, in addition to any other Activity.
func WithActivity(a *Activity) Option {
	return setting(func(cfg *config) {
		if a == nil {
			cfg.mistake("WithActivity(nil)")
			return
		}
		cfg.conversation.Tallies = append(cfg.conversation.Tallies, &a.t)
	})
}
