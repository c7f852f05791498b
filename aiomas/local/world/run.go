package world

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// An Option is an option of [Run].
type Option func(*options)

type options struct {
	worlds int
	first  uint64
	replay []int
	script bool
	faults Faults
	limit  time.Duration
	tries  int
	err    error
}

// Worlds sets the number of seeds that are tried, and the first one. The default
// is 200 seeds from 1 on. The environment variable AIOMAS_WORLDS is a factor for
// the number.
func Worlds(n int, first uint64) Option {
	return func(o *options) { o.worlds, o.first = n, first }
}

// WithFaults sets the faults that worlds inject. By default there are none, and
// messages only overtake those of other connections.
func WithFaults(f Faults) Option { return func(o *options) { o.faults = f } }

// Limit sets how long a world may take, in its simulated time, before it counts as
// hung. The default is one hour.
func Limit(d time.Duration) Option { return func(o *options) { o.limit = d } }

// Replay runs one world with a schedule printed by Run. The environment variable
// AIOMAS_WORLD does the same for the test selected with -run.
func Replay(schedule string) Option {
	return func(o *options) { o.replay, o.err = parse(schedule); o.script = true }
}

func newOptions(opts []Option) (options, error) {
	o := options{worlds: 200, first: 1, limit: time.Hour, tries: 500}
	for _, f := range opts {
		f(&o)
	}
	if o.faults.MaxDelay == 0 {
		o.faults.MaxDelay = time.Second
	}
	if text := os.Getenv("AIOMAS_WORLD"); text != "" {
		Replay(text)(&o)
	}
	if text := os.Getenv("AIOMAS_WORLDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || o.worlds > math.MaxInt/n {
			return o, fmt.Errorf("world: AIOMAS_WORLDS is %q, not a number from 1 on", text)
		}
		o.worlds *= n
	}
	return o, o.err
}

// Run runs f in one world for each seed. It fails t when one of them fails: by
// [World.Errorf], by a panic of f, by taking longer than [Limit], or by goroutines
// that remain when f has returned and all containers are closed. It logs the number
// of worlds if none fails.
func Run(t *testing.T, f func(w *World), opts ...Option) {
	t.Helper()
	o, err := newOptions(opts)
	if err != nil {
		t.Fatal(err)
	}
	if o.script {
		if w := runOne(t, o, scripted(o.replay), f); w.Failed() {
			t.Error(w.report("world: the schedule fails"))
		}
		return
	}
	for seed := o.first; seed < o.first+uint64(o.worlds); seed++ { //nolint:gosec // not negative
		w := runOne(t, o, chance(seed), f)
		if !w.Failed() {
			continue
		}
		t.Error(plainest(t, o, w, f, fmt.Sprintf("world: seed %d fails", seed)))
		return
	}
	t.Logf("world: %d worlds", o.worlds)
}

// plainest shrinks the schedule of the failed world w and returns the report.
func plainest(t *testing.T, o options, w *World, f func(*World), title string) string {
	t.Helper()
	shrink(w.choices.values(), o.tries, func(script []int) ([]int, bool) {
		again := runOne(t, o, scripted(script), f)
		made := again.choices.values()
		if again.Failed() {
			if cost(made).less(cost(w.choices.values())) {
				w = again
			}
		}
		return made, again.Failed()
	})
	return w.report(title)
}

// runOne runs one world in a bubble.
func runOne(t *testing.T, o options, c *choices, f func(*World)) (w *World) {
	t.Helper()
	w = &World{test: t.Name(), options: o, choices: c, left: o.faults}
	defer func() {
		// Recovers the panic of a bubble whose goroutines are blocked forever.
		if v := recover(); v != nil {
			w.over = false
			w.Errorf("goroutines are left behind: %v", v)
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w.ctx, w.cancel = context.WithCancel(context.Background())
		w.network = local.NewNetwork(local.Schedule(scheduler{w}))
		w.run(f)
	})
	return w
}

func (w *World) report(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", title)
	for _, f := range w.failures {
		fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(f, "\n", "\n    "))
	}
	lines := w.choices.report()
	switch len(lines) {
	case 0:
		b.WriteString("  in a plain run: all messages in the order of sending, no fault\n")
	default:
		fmt.Fprintf(&b, "  with this schedule:\n    %s\n", strings.Join(lines, "\n    "))
	}
	fmt.Fprintf(&b, "  again: AIOMAS_WORLD='%s' go test -run '^%s$', or world.Replay", format(w.choices.values()), w.test)
	if w.stacks != "" {
		fmt.Fprintf(&b, "\n%s", w.stacks)
	}
	return b.String()
}
