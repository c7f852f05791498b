package conversation

import (
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

const (
	// Every eighth handler is timed, and each while a connection is new: with many connections, each has few
	// requests. A handler that takes longer than slowTime should run in a goroutine of its own, possibly on
	// another core.
	sampleMask = 1<<3 - 1
	quickTime  = 5 * time.Microsecond
	slowTime   = 200 * time.Microsecond

	// score counts quick samples, up to mostQuick. Handlers run inline from enoughQuick on. A
	// handler that is not quick reduces the score by longCosts, a slow one by slowCosts. But a slow one that
	// comes alone, as the first one or after rarely or more other samples, counts as long: on a busy machine
	// the system takes the processor from a quick handler now and then.
	enoughQuick = 16
	mostQuick   = 32
	longCosts   = 16
	slowCosts   = 256
	leastQuick  = -4 * slowCosts
	rarely      = slowCosts + enoughQuick

	// Beyond mostSingle reads with one request each in a row, requests come one by one. They are handled inline
	// only while sampleMask+1 of them take no longer than fastTime, since the checks of the watchdog cost more
	// than is gained if there are few requests for each of them.
	mostSingle = 64
	fastTime   = 500 * time.Microsecond
)

// Inline determines when the reader goroutine calls handlers itself. Values other than InlineAuto are for
// tests and measurements.
type Inline uint8

// The values of Inline.
const (
	InlineAuto    Inline = iota // InlineLearned on more than one processor or with a loop, else InlineNever
	InlineLearned               // while all samples were quick
	InlineAlways                // for all handlers
	InlineNever
)

// inlining decides when the reader goroutine calls handlers itself, and has its token while it does; Conn.mu
// guards it. See inline.go.
type inlining struct {
	token   invariant.Token // of the reader goroutine, while on
	on      bool            // the reader goroutine runs handlers
	corked  bool            // another goroutine runs handlers, and delays replies
	apart   bool            // corked, by the goroutine of handleApart
	fast    bool            // the last samples were within fastTime
	busy    atomic.Bool     // on or corked
	watched bool            // the watchdog checks the connection
	score   int16           // see enoughQuick
	recent  int16           // number of samples after which a slow one comes alone again, from rarely on
	single  int16           // number of reads in a row with one request each
	times   uint32          // how often on or corked was set
	aparts  uint32          // how often apart was set
	seen    uint32          // times at the last check of the watchdog
	sampled uint32          // when the last sample began, in µs; it may wrap
}

// judge updates the score with the time of a handler.
func (in *inlining) judge(took time.Duration) {
	cost, rare := int16(longCosts), in.recent == 0
	in.recent = max(in.recent-1, 0)
	switch {
	case took <= quickTime:
		cost = -1
	case took > slowTime:
		in.recent = rarely
		if !rare {
			cost = slowCosts
		}
	}
	in.score = min(max(in.score-cost, leastQuick), mostQuick)
}

// learns reports whether few samples are known, none of them slow.
func (in *inlining) learns() bool { return in.score < enoughQuick && in.score > -slowCosts/4 }

// quick reports whether handlers have always been quick recently.
func (in *inlining) quick() bool { return in.score >= enoughQuick }

// pace compares the time at which a sample began with that of the one before.
func (in *inlining) pace(began time.Time) {
	at := uint32(began.UnixMicro()) //nolint:gosec // differences matter
	in.fast = at-in.sampled <= uint32(fastTime/time.Microsecond)
	in.sampled = at
}

// wanted reports whether to handle requests inline; it is called when requests have arrived, with the number
// of queued ones.
func (in *inlining) wanted(queued int, when Inline) bool {
	if in.single++; queued > 1 {
		in.single = 0
	}
	in.single = min(in.single, mostSingle+1)
	switch when {
	case InlineNever:
		return false
	case InlineAlways:
		return true
	case InlineAuto, InlineLearned:
	}
	return in.quick() && (in.single <= mostSingle || in.fast)
}

// begin stores t, the token of the reader goroutine, which is about to run handlers. It reports whether the
// connection must be added to the watchdog.
func (in *inlining) begin(t invariant.Token) (watch bool) {
	invariant.Check(!in.on, "one goroutine reads")
	in.token, in.on = t, true
	return in.watch()
}

// cork records that a goroutine other than the reader goroutine delays replies. It reports whether the
// connection must be added to the watchdog.
func (in *inlining) cork() (watch bool) {
	in.corked = true
	return in.watch()
}

// uncork reverts cork, and reports whether replies were delayed.
func (in *inlining) uncork() (was bool) {
	was = in.corked
	in.corked = false
	in.busy.Store(in.on)
	return was
}

func (in *inlining) watch() (tell bool) {
	in.busy.Store(true)
	in.times++
	tell = !in.watched
	in.watched = true
	return tell
}

// end returns the token of the reader goroutine: the caller has become the reader goroutine, or must start
// one. It returns false if there is no token to take.
func (in *inlining) end() (t invariant.Token, taken bool) {
	t, taken = in.token, in.on
	in.token, in.on = invariant.Token{}, false
	in.busy.Store(in.corked)
	return t, taken
}

// look is called by the watchdog. late reports whether the same handlers run as at the last check, and idle
// whether nothing was handled inline since then, so that the watchdog need not check any more.
func (in *inlining) look() (late, idle bool) {
	idle = in.times == in.seen
	in.seen = in.times
	in.watched = !idle
	return idle && (in.on || in.corked), idle
}
