package turn

import (
	"context"
	"sync/atomic"
)

type contextKey struct{}

// Key is what the context of a task answers with its *Turn.
var Key any = contextKey{}

// used reports whether there has ever been a turn: programs without turns need not
// ask contexts for theirs.
var used atomic.Bool

// FromContext returns the turn that ctx belongs to, or nil.
func FromContext(ctx context.Context) *Turn {
	if !used.Load() {
		return nil
	}
	t, _ := ctx.Value(Key).(*Turn)
	return t
}

// With returns ctx with the turn t.
func With(ctx context.Context, t *Turn) context.Context {
	return context.WithValue(ctx, Key, t)
}

// Without returns ctx without its turn, for a goroutine that a task starts and does
// not wait for.
func Without(ctx context.Context) context.Context {
	if FromContext(ctx) == nil {
		return ctx
	}
	return With(ctx, nil)
}

// Await calls f while the task that ctx belongs to, if it has a turn, has left it.
func Await(ctx context.Context, f func()) {
	if t := FromContext(ctx); t != nil {
		t.Await(f)
		return
	}
	f()
}

// Await calls f while the task has left its turn.
func (t *Turn) Await(f func()) {
	t.Leave()
	defer t.resume() // also when f panics: the task goes on in its turn
	f()
}

func (t *Turn) resume() {
	wake := make(chan struct{}, 1)
	t.Resume(wake)
	<-wake
}

// Pause is a wait for which a turn was left. Its methods may be called on nil.
type Pause struct {
	turn *Turn
	wake chan struct{}
}

// Leave leaves the turn that ctx belongs to, if there is one.
func Leave(ctx context.Context) *Pause {
	t := FromContext(ctx)
	if t == nil {
		return nil
	}
	t.Leave()
	return &Pause{t, make(chan struct{}, 1)}
}

// Resume takes the turn again, behind those that wait for it now. It does not block.
func (p *Pause) Resume() {
	if p != nil {
		p.turn.Resume(p.wake)
	}
}

// Wait waits until the turn has come. Resume comes before it.
func (p *Pause) Wait() {
	if p != nil {
		<-p.wake
	}
}
