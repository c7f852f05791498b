package turn

import (
	"context"
	"sync/atomic"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
)

// visit is a task of somebody who waits for its turn.
type visit struct {
	queue *Queue
	begun chan struct{}
	taken atomic.Bool // by who starts it, or by who gives it up
}

// Start implements [Task].
func (v *visit) Start() {
	if v.taken.Swap(true) { // nobody waits for the turn any more
		go v.pass()
		return
	}
	close(v.begun)
}

// pass passes on the turn.
func (v *visit) pass() {
	t := new(Turn)
	t.Begin(v.queue)
	finish(t)
}

// Do calls f when it has got a turn of q, with a context that has that turn. The
// error is that of f, or why ctx has ended before.
func Do(ctx context.Context, q *Queue, f func(context.Context) error) error {
	v := &visit{queue: q, begun: make(chan struct{})}
	if !q.Add(v) {
		select {
		case <-v.begun:
		case <-ctx.Done():
			if !v.taken.Swap(true) {
				return ctxerr.New(ctx, "turn")
			}
			<-v.begun // at once
		}
	}
	t := new(Turn)
	t.Begin(q)
	defer finish(t)
	return f(With(ctx, t))
}

// Go calls f in a goroutine, when it has got a turn of q, with a context that has
// that turn. Its place in q is that of Go's call.
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
