package fleet

import (
	"context"
	"errors"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// SetTime sets the time of all members, at once, and returns when all have it: when
// their sleepers have left Sleep. What these began may be under way; see Settle. The
// errors of members are joined. With [Restart], a member that is lost meanwhile is
// waited for: it has the time when it is back.
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
			err = l.manager.Sub("set_time").Call(ctx, nil, t)
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

// hasTime notes the time that a member has accepted, for a restart: a time that all
// refuse must not be that of a member which is opened again.
func (f *Fleet) hasTime(t float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.time = &t
}

// hadTime tells that err, of a repeated set_time, says that the time was set before the
// connection was lost: clocks refuse the time that they have.
func (l *life) hadTime(err error) bool {
	return l.process == nil && errors.Is(err, aiomas.ValueError)
}

// Each calls a method of all managers, at once, and returns their results in the order
// of the members. After an error, the results of the others are good, and those of its
// members are zero. A member that is forgotten meanwhile has no result.
func Each[T any](ctx context.Context, f *Fleet, method string, args ...any) ([]T, error) {
	return fanOut(ctx, f, method, func(ctx context.Context, m *Member) (T, error) {
		var result T
		l, err := m.present(ctx)
		if err != nil {
			return result, err
		}
		err = l.manager.Sub(method).Call(ctx, &result, args...)
		if err != nil && m.gone(ctx, l, err) {
			err = lost(err)
		}
		return result, err
	})
}

// fanOut calls op for all members, at once.
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
