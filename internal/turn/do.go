package turn

import (
	"context"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
)

// visit is a task whose goroutine already exists and waits for the turn.
type visit struct {
	queue *Queue
	begun chan struct{}
	taken atomic.Bool // set by Start, or when the wait is cancelled
}

// Start implements [Task].
func (v *visit) Start() {
	if v.taken.Swap(true) { // the caller no longer waits
		go v.pass()
		return
	}
	close(v.begun)
}

// pass passes the turn on.
func (v *visit) pass() {
	t := new(Turn)
	t.Begin(v.queue)
	finish(t)
}

// own is a turn and the context that has it.
type own struct {
	context.Context
	turn Turn
}

// Value implements [context.Context].
func (o *own) Value(key any) any {
	if key == Key {
		return &o.turn
	}
	return o.Context.Value(key)
}

// Do waits for a turn of q and calls f with a context that has the turn. It
// returns the error of f, or that of ctx if ctx ends first.
func Do(ctx context.Context, q *Queue, f func(context.Context) error) error {
	if !q.take() {
		if err := wait(ctx, q); err != nil {
			return err
		}
	}
	o := &own{Context: ctx}
	o.turn.Begin(q)
	defer finish(&o.turn)
	return f(o)
}

// wait waits for a turn of q, or until ctx ends.
func wait(ctx context.Context, q *Queue) error {
	v := &visit{queue: q, begun: make(chan struct{})}
	if q.Add(v) {
		return nil
	}
	select {
	case <-v.begun:
	case <-ctx.Done():
		if !v.taken.Swap(true) {
			return ctxerr.New(ctx, "turn")
		}
		<-v.begun // at once
	}
	return nil
}

// Go queues for a turn of q and returns. When it has the turn, a goroutine calls
// f with a context that has the turn.
func Go(ctx context.Context, q *Queue, f func(context.Context)) {
	v := &started{func() {
		t := new(Turn)
		t.Begin(q)
		defer finish(t)
		f(With(ctx, t))
	}}
	if q.Add(v) {
		v.Start()
	}
}

// started is a task with a goroutine of its own.
type started struct{ run func() }

// Start implements [Task].
func (s *started) Start() { go s.run() }

func finish(t *Turn) {
	if next := t.Finish(); next != nil {
		next.Start()
	}
}
