package transport_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// What is returned after several attempts says in one line why the last one failed,
// how long was tried, and why that ended.
func TestRetrySaysHowLongItTried(t *testing.T) {
	refused := fmt.Errorf("aiomas: cannot connect to tcp://h:1: %w", syscall.ECONNREFUSED)
	for name, c := range map[string]struct {
		limit, context time.Duration
		want           string
		is             error
	}{
		"one attempt":     {0, time.Minute, "aiomas: cannot connect to tcp://h:1: connection refused", syscall.ECONNREFUSED},
		"the limit":       {3 * time.Second, time.Minute, "aiomas: cannot connect to tcp://h:1: connection refused (tried for 3s)", syscall.ECONNREFUSED},
		"the context":     {-1, time.Second, "aiomas: cannot connect to tcp://h:1: connection refused (tried for 1s: connect: context deadline exceeded)", context.DeadlineExceeded},
		"context, limit":  {time.Hour, 20 * time.Millisecond, "aiomas: cannot connect to tcp://h:1: connection refused (tried for 20ms: connect: context deadline exceeded)", syscall.ECONNREFUSED},
		"a short context": {time.Hour, 0, "aiomas: cannot connect to tcp://h:1: connection refused (tried for 0s: connect: context deadline exceeded)", context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.context)
				defer cancel()
				err := transport.Retry(c.limit, func() error { return refused }, func(wait time.Duration) error {
					if !transport.Pause(ctx, wait) {
						return ctxerr.New(ctx, "connect")
					}
					return nil
				})
				if err == nil || err.Error() != c.want || !errors.Is(err, c.is) {
					t.Errorf("got  %v\nwant %s", err, c.want)
				}
			})
		})
	}
}
