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

// Settle waits until no call and no turn is in progress: no call from or to a container in
// Go, including those of the fleet, and no turn of [agent.Agent.Turn] or InTurn. It asks the
// members for the numbers of begun and ended calls, in rounds. If as many calls have begun
// by a round as had ended by the round before, there was a moment between the rounds at
// which all calls that had begun had ended: both numbers only grow, and a call that a
// method waits for ends before that method. The round before may be the last one of an
// earlier Settle; SetTime and [Each] may have made calls since, which have ended.
//
// Settle does not wait for activities that are not counted: calls between agents on
// Python's aiomas, unless Go code waits for them; goroutines and tasks that agents start
// without waiting for them, unless they are reported with [aiomas.Activity.Begin]; and
// calls whose connection was lost. A method that sleeps until a later time is in progress
// until then. Settle does not wait for calls that begin after that moment, for example
// because of a timer or the user.
func (f *Fleet) Settle(ctx context.Context) error {
	for wait := 100 * time.Microsecond; ; wait = min(2*wait, 20*time.Millisecond) {
		var last *round
		for range 2 {
			before, since := f.before()
			r, err := f.count(ctx)
			if err != nil {
				return err
			}
			if r.settles(before, since) {
				return nil
			}
			last = r
		}
		if err := aiomas.Await(ctx, func() error {
			if transport.Pause(ctx, wait) {
				return nil
			}
			return unsettled(ctx, last.members)
		}); err != nil {
			return err
		}
	}
}

// round has the counts of the driver and the members, taken after the start of a round and
// before its end.
type round struct {
	members      []counts
	begun, ended int64 // sums
}

// counts are the counters of a member.
type counts struct {
	member       *Member
	life         *life
	begun, ended int64
}

// settles reports whether no call was in progress when r began. before is an earlier round,
// after whose end the fleet has made calls that count as since and had ended when r began.
func (r *round) settles(before *round, since int64) bool {
	return before != nil && r.begun == before.ended+since &&
		slices.EqualFunc(r.members, before.members, func(a, b counts) bool { return a.life == b.life })
}

// before returns the last round, and what the calls of the fleet since then count.
func (f *Fleet) before() (r *round, since int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counted, f.since
}

// call calls a method of the manager and counts the call for the next Settle, if it is
// certain to be counted by the member, too, and to have ended.
func (f *Fleet) call(ctx context.Context, l *life, result any, method string, args ...any) error {
	before, _ := f.before()
	err := l.manager.Sub(method).Call(ctx, result, args...)
	if err == nil && l.base != f.container.Addr() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if before == f.counted { // otherwise that round may have counted it
			f.since++
			if l.counts {
				f.since++
			}
		}
	}
	return err
}

// count asks all members for their counters.
func (f *Fleet) count(ctx context.Context) (*round, error) {
	r := new(round)
	r.begun, _ = f.container.Activity().Counts()
	list, err := fanOut(ctx, f, "settle", func(ctx context.Context, m *Member) (counts, error) {
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
	if err != nil {
		return nil, err
	}
	_, r.ended = f.container.Activity().Counts()
	r.members = list
	for _, c := range list {
		r.begun += c.begun
		r.ended += c.ended
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counted, f.since = r, 0
	return r, nil
}

// unsettled returns an error that names the members with calls in progress when ctx ended.
func unsettled(ctx context.Context, list []counts) error {
	errs := []error{fmt.Errorf("fleet: settle: %w", context.Cause(ctx))}
	for _, c := range list {
		if n := c.begun - c.ended; n > 0 {
			errs = append(errs, c.member.failed("settle", fmt.Errorf("%d calls are in progress", n)))
		}
	}
	return errors.Join(errs...)
}
