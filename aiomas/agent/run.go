package agent

import (
	"context"
	"errors"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/grace"
	"github.com/aiomas-go/aiomas-go/internal/signals"
)

// A RunOption is an option of [Container.Run].
type RunOption func(*runSettings)

type runSettings struct {
	grace    time.Duration
	detached bool
	orphaned <-chan struct{} // closed when the parent has ended; nil: Run watches it
	stopped  <-chan struct{} // nil: never
}

// Grace sets how long running handlers may continue at the end, before their contexts end. The default
// is one second. With a negative d their contexts end at once.
func Grace(d time.Duration) RunOption {
	return func(s *runSettings) {
		if d != 0 {
			s.grace = d
		}
	}
}

// Detached lets the container continue after the process that started this one has ended, unless that
// was [Container.Start].
func Detached() RunOption { return func(s *runSettings) { s.detached = true } }

// defaultGrace is the default of Grace.
const defaultGrace = time.Second

// Run waits until ctx ends, a signal requests termination (SIGINT, SIGTERM, SIGHUP, or Ctrl-C), the
// process that started this one has ended, or the container is shut down by other code. It then shuts
// the container down, see [Grace], and returns nil. Call it last in the main function of a program
// with a container:
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
	defer stop() // only now: a second signal must not end the program before the shutdown
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

// answerTime is the time for handlers to answer after their contexts have ended.
const answerTime = time.Second

// finish shuts the container down. Handlers have the time d, and answerTime after that. It does not
// wait for handlers that take longer.
func (c *Container) finish(d time.Duration) error {
	ctx, cancel := context.WithTimeout(grace.With(context.Background(), d), max(d, 0)+answerTime)
	defer cancel()
	if err := c.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil // some handlers ignore their contexts
}
