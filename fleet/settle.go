package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Settle waits until no call and no turn is running: no call from or to a container in Go,
// including those of the fleet, and no turn of [agent.Agent.Turn] or InTurn. It asks the
// members for the number of ended calls and then, in a second round, for the number of
// begun calls. If the sums are equal, there was a moment between the rounds at which all
// calls that had begun had ended: both numbers only grow, and a call that a method waits
// for ends before that method.
//
// Settle does not wait for activities that are not counted: calls between agents on
// Python's aiomas, unless Go code waits for them; goroutines and tasks that agents start
// without waiting for them, unless they are reported with [aiomas.Activity.Begin]; and
// calls whose connection was lost. A method that sleeps until a later time is running until
// then. Settle does not wait for calls that begin after that moment, for example because of
// a timer or the user.
func (f *Fleet) Settle(ctx context.Context) error {
	for wait := 100 * time.Microsecond; ; wait = min(2*wait, 20*time.Millisecond) {
		first, err := f.count(ctx)
		if err != nil {
			return err
		}
		_, ended := f.container.Activity().Counts()
		begun, _ := f.container.Activity().Counts()
		second, err := f.count(ctx)
		if err != nil {
			return err
		}
		for _, c := range first {
			ended += c.ended
		}
		for _, c := range second {
			begun += c.begun
		}
		same := slices.EqualFunc(first, second, func(a, b counts) bool { return a.life == b.life })
		if same && begun == ended {
			return nil
		}
		if err := aiomas.Await(ctx, func() error {
			if transport.Pause(ctx, wait) {
				return nil
			}
			return unsettled(ctx, second)
		}); err != nil {
			return err
		}
	}
}

// counts are the counters of a member.
type counts struct {
	member       *Member
	life         *life
	begun, ended int64
}

// count asks all members for their counters.
func (f *Fleet) count(ctx context.Context) ([]counts, error) {
	return fanOut(ctx, f, "settle", func(ctx context.Context, m *Member) (counts, error) {
		for {
			l, err := m.present(ctx)
			if err != nil || !l.counts {
				return counts{m, l, 0, 0}, err
			}
			var got [2]int64
			err = l.manager.Sub("call_counts").Call(ctx, &got)
			if err == nil || !m.gone(ctx, l, err) || f.opts.OnLost != Restart {
				return counts{m, l, got[0], got[1]}, err
			}
		}
	})
}

// unsettled returns an error that names the members with running calls when ctx ended.
func unsettled(ctx context.Context, list []counts) error {
	errs := []error{fmt.Errorf("fleet: settle: %w", context.Cause(ctx))}
	for _, c := range list {
		if n := c.begun - c.ended; n > 0 {
			errs = append(errs, c.member.failed("settle", fmt.Errorf("%d calls are under way", n)))
		}
	}
	return errors.Join(errs...)
}
