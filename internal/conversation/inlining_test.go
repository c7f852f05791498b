package conversation

import (
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// Handlers are inline when enough samples in a row were quick; a slow one costs many.
func TestInliningLearns(t *testing.T) {
	for _, c := range []struct {
		name  string
		times []time.Duration // each enoughQuick times
		want  bool
	}{
		{"nothing known", nil, false},
		{"quick", []time.Duration{quickTime}, true},
		{"long", []time.Duration{quickTime, slowTime}, false},
		{"slow", []time.Duration{slowTime + 1}, false},
		{"quick soon after slow", []time.Duration{slowTime + 1, quickTime}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in inlining
			for _, took := range c.times {
				for range enoughQuick {
					in.judge(took)
				}
			}
			if got := in.wanted(2, InlineLearned); got != c.want {
				t.Errorf("inline: %v", got)
			}
			if in.wanted(2, InlineNever) || !in.wanted(2, InlineAlways) {
				t.Error("what was learnt counts more than what is set")
			}
		})
	}
}

func TestSlowHandlersAreForgivenInTheEnd(t *testing.T) {
	var in inlining
	for range 1000 {
		in.judge(time.Hour)
	}
	n := 0
	for ; !in.quick(); n++ {
		in.judge(quickTime)
	}
	if n != enoughQuick-leastQuick {
		t.Errorf("inline after %d quick handlers", n)
	}
}

// A slow handler that comes alone changes nothing, a second one soon after it does.
func TestOneSlowHandlerIsForgiven(t *testing.T) {
	var in inlining
	in.judge(time.Hour)
	for range enoughQuick + longCosts {
		in.judge(quickTime)
	}
	if !in.quick() {
		t.Error("not inline after the first handler was slow")
	}
	for range rarely {
		in.judge(quickTime)
	}
	in.judge(time.Hour)
	if !in.quick() {
		t.Error("not inline after a slow handler alone")
	}
	for range rarely - 1 {
		in.judge(quickTime)
	}
	if in.judge(time.Hour); in.quick() {
		t.Error("inline after a second slow handler")
	}
}

// Each handler is timed until enough is known, and again every eighth after a slow one.
func TestNewConnectionsLearnFast(t *testing.T) {
	var in inlining
	for range enoughQuick {
		if !in.learns() {
			t.Fatal("not each handler of a new connection is timed")
		}
		in.judge(quickTime)
	}
	if in.learns() {
		t.Error("each handler is timed though enough is known")
	}
	in.judge(time.Hour)
	if in.judge(time.Hour); in.learns() {
		t.Error("each handler is timed though they are slow")
	}
}

// While the peer waits for each reply, handlers are inline only if its requests come fast.
func TestRequestsOneByOne(t *testing.T) {
	for name, c := range map[string]struct {
		when                   Inline
		single, slow, together bool
	}{
		"learned": {InlineLearned, true, false, true},
		"never":   {InlineNever, false, false, false},
		"always":  {InlineAlways, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			in := inlining{score: mostQuick}
			if got := in.wanted(2, c.when); got != c.together {
				t.Errorf("inline: %v, though two came at once", got)
			}
			in.single = mostSingle
			now := time.Now()
			for _, test := range []struct {
				after time.Duration
				want  bool
			}{{time.Hour, c.slow}, {fastTime, c.single}, {fastTime + time.Millisecond, c.slow}, {fastTime / 2, c.single}} {
				now = now.Add(test.after)
				in.pace(now)
				if got := in.wanted(1, c.when); got != test.want {
					t.Errorf("%v after the last sample: %v", test.after, got)
				}
			}
		})
	}
}

// Whoever ends inlining reads on, and nobody else: the one that handled requests, or
// the one that took over.
func TestTokenIsLeftWithInlining(t *testing.T) {
	var role invariant.Role
	var in inlining
	if !in.begin(role.Take()) {
		t.Error("the watchdog does not hear of it")
	}
	if !breaks(func() { in.begin(invariant.Token{}) }) {
		t.Error("two are the reader goroutine")
	}
	token, ok := in.end()
	if !ok {
		t.Fatal("nobody reads on")
	}
	role.Check(token)
	if _, ok := in.end(); ok {
		t.Error("two read on")
	}
	if in.begin(role.Pass(token)) {
		t.Error("the watchdog hears of it twice")
	}
}

func TestWatchdogTakesOverAtTheSecondLook(t *testing.T) {
	var in inlining
	in.begin(invariant.Token{})
	if late, idle := in.look(); late || idle {
		t.Error("it takes over at once")
	}
	if late, _ := in.look(); !late {
		t.Error("it does not take over")
	}
	in.end()
	if !in.begin(invariant.Token{}) {
		t.Error("the watchdog does not hear of it")
	}
	in.look()
	in.end()
	if late, idle := in.look(); late || !idle {
		t.Error("it goes on looking though nothing is inline")
	}
}
