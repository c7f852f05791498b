package transport

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
)

// CheckWaits sets the defaults of the waits between attempts to connect again, and
// says whether they can work.
func CheckWaits(first, most *time.Duration) error {
	if *first == 0 {
		*first = 50 * time.Millisecond
	}
	if *most == 0 {
		*most = max(*first, 5*time.Second)
	}
	if *first < 0 || *most < *first {
		return fmt.Errorf("the wait First is %v and Most is %v: First must be positive, and Most not less than First", *first, *most)
	}
	return nil
}

// Backoff is the wait before the next attempt to connect again. Its zero value waits
// for nothing; [CheckWaits] makes First and Most right.
type Backoff struct {
	First, Most time.Duration
	wait        time.Duration
}

// Failed makes the wait longer: First after the first failure, then twice as long
// each time, up to Most.
func (b *Backoff) Failed() { b.wait = min(b.Most, max(b.First, 2*b.wait)) }

// Reset says that an attempt was of use.
func (b *Backoff) Reset() { b.wait = 0 }

// Wait is how long to wait now, shortened at random by up to half, so that many do not
// come back at once.
func (b *Backoff) Wait() time.Duration {
	return b.wait - rand.N(b.wait/2+1) //nolint:gosec // to spread, not to hide
}

// retryFirst and retryMost are the waits between the attempts of [Retry]; Python
// begins at half a second, which only slows tests down.
const (
	retryFirst = 10 * time.Millisecond
	retryMost  = 2 * time.Second
)

// Retry calls try until it succeeds, or fails otherwise than by what [Unavailable]
// tells, or limit has passed: 0 is one attempt, a negative limit none. pause waits
// between attempts, or says why not.
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

// Pause waits, unless ctx ends first: false.
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
