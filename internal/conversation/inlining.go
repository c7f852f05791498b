package conversation

import (
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

const (
	// Every eighth handler is timed. One that takes longer than slowTime is better
	// off in a goroutine of its own, where another core may have it.
	sampleMask = 1<<3 - 1
	quickTime  = 5 * time.Microsecond
	slowTime   = 200 * time.Microsecond

	// score counts quick samples up to mostQuick. Handlers are called inline from
	// enoughQuick on; a long handler costs some samples, a slow one many.
	enoughQuick = 16
	mostQuick   = 32
	longCosts   = 16
	slowCosts   = 256
	leastQuick  = -4 * slowCosts

	mostSingle = 64
)

// Inline says when the reader goroutine calls handlers itself. All but InlineAuto is
// for tests and measurements.
type Inline uint8

// The values of Inline.
const (
	InlineAuto    Inline = iota // InlineLearned on more than one processor, else InlineNever
	InlineLearned               // while all samples say that handlers are quick
	InlineAlways                // however long they take
	InlineNever
)

// inlining decides when the reader goroutine calls handlers itself, and keeps its
// token while it does; Conn.mu guards it. See inline.go.
type inlining struct {
	token   invariant.Token // of the reader goroutine, while on
	on      bool            // the reader goroutine runs handlers
	corked  bool            // another goroutine runs handlers, and delays replies
	busy    atomic.Bool     // on or corked
	watched bool            // the watchdog looks at it
	score   int32           // of samples of how long handlers take
	single  int32           // requests in a row that came one by one
	times   uint32          // how often on was set
	seen    uint32          // times, at the watchdog's last look
}

// judge learns from the time that a handler took.
func (in *inlining) judge(took time.Duration) {
	switch {
	case took <= quickTime:
		in.score = min(in.score+1, mostQuick)
	case took <= slowTime:
		in.score = max(in.score-longCosts, leastQuick)
	default:
		in.score = max(in.score-slowCosts, leastQuick)
	}
}

// quick tells whether handlers have long been quick.
func (in *inlining) quick() bool { return in.score >= enoughQuick }

// wanted learns that requests have come, and that so many are queued, and tells
// whether to handle them inline. It is not worth the watchdog's timer where the peer
// makes one call after the other.
func (in *inlining) wanted(queued int, when Inline) bool {
	if in.single++; queued > 1 {
		in.single = 0
	}
	in.single = min(in.single, mostSingle+1)
	return when != InlineNever && (in.single <= mostSingle && in.quick() || when == InlineAlways)
}

// begin leaves t, the token of the reader goroutine, with in while that runs
// handlers. It tells whether the watchdog has to be told.
func (in *inlining) begin(t invariant.Token) (watch bool) {
	invariant.Check(!in.on, "one goroutine reads")
	in.token, in.on = t, true
	return in.watch()
}

// cork notes that a goroutine that does not read delays replies. It tells whether the
// watchdog has to be told.
func (in *inlining) cork() (watch bool) {
	in.corked = true
	return in.watch()
}

// uncork tells whether replies were delayed by a goroutine that does not read; they
// are no longer.
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

// end takes the token of the reader goroutine: the caller has to read, or to start
// who does. False says that there is none to take.
func (in *inlining) end() (t invariant.Token, taken bool) {
	t, taken = in.token, in.on
	in.token, in.on = invariant.Token{}, false
	in.busy.Store(in.corked)
	return t, taken
}

// look is the watchdog's look. With late, the same handlers run as at the last one.
// With idle, nothing was handled inline since the last one: the watchdog need not look
// any more.
func (in *inlining) look() (late, idle bool) {
	idle = in.times == in.seen
	in.seen = in.times
	in.watched = !idle
	return idle && (in.on || in.corked), idle
}
