package transport

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
)

// CheckWaits sets the defaults of the waits between attempts to reconnect, and returns an error if
// they are invalid.
func CheckWaits(first, most *time.Duration) error {
	if *first == 0 {
		*first = 50 * time.Millisecond
	}
	if *most == 0 {
		*most = max(*first, 5*time.Second)
	}
	if *first < 0 || *most < *first {
		return fmt.Errorf("wait First is %v and Most is %v; want 0 < First ≤ Most", *first, *most)
	}
	return nil
}

// Backoff computes the waits between attempts to reconnect. First and Most must be valid; see
// [CheckWaits]. At first it does not wait.
type Backoff struct {
	First, Most time.Duration
	wait        time.Duration
}

// Failed makes the wait longer: First after the first failure, and then twice as long each time,
// up to Most.
func (b *Backoff) Failed() { b.wait = min(b.Most, max(b.First, 2*b.wait)) }

// Reset records that an attempt was successful.
func (b *Backoff) Reset() { b.wait = 0 }

// Wait returns the wait before the next attempt, shortened at random by up to half, so that many
// clients do not reconnect at the same time.
func (b *Backoff) Wait() time.Duration {
	return b.wait - rand.N(b.wait/2+1) //nolint:gosec // not for secrets
}

// retryFirst and retryMost are the shortest and longest wait between attempts of [Retry]. Python
// starts with half a second, which makes tests slow.
const (
	retryFirst = 10 * time.Millisecond
	retryMost  = 2 * time.Second
)

// Retry calls try until it succeeds, fails with an error that is not [Unavailable], or limit has
// passed; with a limit of 0 it calls try once, and a negative limit never passes. pause waits between
// attempts; if it returns an error, Retry stops.
func Retry(limit time.Duration, try func() error, pause func(time.Duration) error) error {
	start, wait := time.Now(), retryFirst
	for {
		err := try()
		if err == nil || limit == 0 || !Unavailable(err) {
			return err
		}
		if limit > 0 {
			left := limit - time.Since(start)
			if left <= 0 {
				return fmt.Errorf("%w (tried for %v)", err, limit)
			}
			wait = min(wait, left)
		}
		if cause := pause(wait); cause != nil {
			return ctxerr.With(err, fmt.Sprintf("tried for %v", time.Since(start).Round(time.Millisecond)), cause)
		}
		wait = min(retryMost, wait*3/2)
	}
}

// Pause waits for d. It returns false if ctx ends first.
func Pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
