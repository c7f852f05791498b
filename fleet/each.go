package fleet

import (
	"context"
	"errors"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// SetTime sets the time of all members concurrently. It returns when all members have it
// and the calls of Sleep that end at this time have returned. Calls that the sleepers then
// make may still be in progress; see Settle. The errors of the members are joined. With
// [Restart], SetTime waits for a member that is lost during the call: it has the time when
// it is open again.
func (f *Fleet) SetTime(ctx context.Context, t float64) error {
	_, err := fanOut(ctx, f, "set_time", func(ctx context.Context, m *Member) (none struct{}, err error) {
		for again := false; ; again = true {
			l, err := m.present(ctx)
			if err != nil {
				return none, err
			}
			if l.time != nil && *l.time == t {
				return none, nil
			}
			err = f.call(ctx, l, nil, "set_time", t)
			if again && l.hadTime(err) {
				err = nil
			}
			if err == nil {
				f.hasTime(t)
				return none, nil
			}
			if !m.gone(ctx, l, err) || f.opts.OnLost != Restart {
				return none, err
			}
		}
	})
	return err
}

// hasTime records a time that a member has accepted, for a restart. A time that all members
// refuse must not be set on a member that is opened again.
func (f *Fleet) hasTime(t float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.time = &t
}

// hadTime reports whether err, of a repeated set_time, means that the time was set before
// the connection was lost: a clock refuses to be set to its present time.
func (l *life) hadTime(err error) bool {
	return l.process == nil && errors.Is(err, aiomas.ValueError)
}

// Each calls a method of all managers concurrently, and returns their results in the order
// of the members. If some members fail, their results are zero values, and the results of
// the others are valid. A member that is forgotten during the call has no result.
func Each[T any](ctx context.Context, f *Fleet, method string, args ...any) ([]T, error) {
	return fanOut(ctx, f, method, func(ctx context.Context, m *Member) (T, error) {
		var result T
		l, err := m.present(ctx)
		if err != nil {
			return result, err
		}
		err = f.call(ctx, l, &result, method, args...)
		if err != nil && m.gone(ctx, l, err) {
			err = lost(err)
		}
		return result, err
	})
}

// fanOut calls op for all members concurrently.
func fanOut[T any](ctx context.Context, f *Fleet, name string, op func(ctx context.Context, m *Member) (T, error)) ([]T, error) {
	list := f.Members()
	all := make([]T, len(list))
	errs := make([]error, len(list))
	_ = aiomas.Await(ctx, func() error {
		ctx := aiomas.WithoutTurn(ctx)
		each(list, func(i int, m *Member) {
			var err error
			all[i], err = op(ctx, m)
			errs[i] = m.failed(name, err)
		})
		return nil
	})
	results := all[:0]
	for i, m := range list {
		if errs[i] != nil && m.forgotten() {
			errs[i] = nil
			continue
		}
		results = append(results, all[i])
	}
	return results, errors.Join(errs...)
}
