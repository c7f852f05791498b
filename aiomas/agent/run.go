package agent

import (
	"context"
	"errors"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/grace"
	"github.com/aiomas-go/aiomas-go/internal/signals"
)

// A RunOption changes how [Container.Run] ends.
type RunOption func(*runSettings)

type runSettings struct {
	grace    time.Duration
	detached bool
	orphaned <-chan struct{} // the parent has ended, if that is watched already
	stopped  <-chan struct{} // nil: never
}

// Grace sets how long running handlers may take to finish in the end, one second
// by default; then their contexts end. A negative d lets these end at once.
func Grace(d time.Duration) RunOption {
	return func(s *runSettings) {
		if d != 0 {
			s.grace = d
		}
	}
}

// Detached lets the container live on when the process that started this one has
// ended, unless that was done by [Container.Start].
func Detached() RunOption { return func(s *runSettings) { s.detached = true } }

// defaultGrace is what handlers get to finish.
const defaultGrace = time.Second

// Run waits until ctx ends, a signal asks this process to end (SIGINT, SIGTERM or
// SIGHUP, or a Ctrl-C), the process that started this one has ended, or somebody
// else shuts the container down. It then shuts the container down itself, see
// [Grace], and returns nil: all of these are an orderly end. It is what the main
// function of a program with a container does last.
//
//	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:5555")
//	…
//	return c.Run(ctx)
func (c *Container) Run(ctx context.Context, opts ...RunOption) error {
	set := runSettings{grace: defaultGrace}
	for _, o := range opts {
		if o != nil {
			o(&set)
		}
	}
	ctx, stop := signals.Until(ctx)
	defer stop() // not before: who asks once more has still to wait for the end
	if set.orphaned == nil && !set.detached {
		set.orphaned = watchParent(ctx)
	}
	select {
	case <-c.Done():
		return nil
	case <-ctx.Done():
	case <-set.orphaned:
	case <-set.stopped:
	}
	return c.finish(set.grace)
}

// answerTime is what handlers have to answer when their contexts have ended.
const answerTime = time.Second

// finish shuts the container down: handlers have the time d, and a little more to
// answer when that is over. What runs on then is left behind.
func (c *Container) finish(d time.Duration) error {
	ctx, cancel := context.WithTimeout(grace.With(context.Background(), d), max(d, 0)+answerTime)
	defer cancel()
	if err := c.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil // with handlers that do not look at their contexts
}
