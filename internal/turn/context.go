package turn

import (
	"context"
	"sync/atomic"
)

type contextKey struct{}

// Key is the context key of the *Turn of a task.
var Key any = contextKey{}

// used reports whether any turn was ever created: programs without turns skip the
// context lookup.
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

// Await leaves the turn that ctx belongs to, if any, and calls f; then it
// resumes the turn and waits for it.
func Await(ctx context.Context, f func()) {
	if t := FromContext(ctx); t != nil {
		t.Await(f)
		return
	}
	f()
}

// Await leaves the turn, calls f, and then resumes the turn and waits for it.
func (t *Turn) Await(f func()) {
	t.Leave()
	defer t.resume() // also if f panics: the task continues in its turn
	f()
}

func (t *Turn) resume() {
	wake := make(chan struct{}, 1)
	t.Resume(wake)
	<-wake
}

// Pause is a wait during which a turn is left. Its methods may be called on nil.
type Pause struct {
	turn *Turn
	wake chan struct{}
}

// Leave leaves the turn that ctx belongs to. It returns nil if there is none.
func Leave(ctx context.Context) *Pause {
	t := FromContext(ctx)
	if t == nil {
		return nil
	}
	t.Leave()
	return &Pause{t, make(chan struct{}, 1)}
}

// Resume queues for the turn again, after those already waiting for it. It does
// not block.
func (p *Pause) Resume() {
	if p != nil {
		p.turn.Resume(p.wake)
	}
}

// Wait waits for the turn. Resume must have been called before.
func (p *Pause) Wait() {
	if p != nil {
		<-p.wake
	}
}
