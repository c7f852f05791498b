package clock

import (
	"context"
	"math"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// Realtime is the system's clock. It mirrors aiomas.clocks.AsyncioClock: a delay that is
// not positive ends at once, but a date in the past is an error. Each function is called in
// its own goroutine. It is safe for concurrent use.
type Realtime struct {
	start time.Time
}

// NewRealtime returns a clock whose Time begins at 0.
func NewRealtime() *Realtime {
	return &Realtime{start: time.Now()}
}

// Time returns the seconds since NewRealtime, by the monotonic clock.
func (c *Realtime) Time() float64 { return time.Since(c.start).Seconds() }

// UTCNow returns the system's date in UTC.
func (c *Realtime) UTCNow() time.Time { return time.Now().UTC() }

// Sleep waits for dt seconds; see [Clock].
func (c *Realtime) Sleep(ctx context.Context, dt float64) error {
	if math.IsNaN(dt) {
		return notANumber()
	}
	if ctx.Err() != nil {
		return ctxerr.New(ctx, "sleep")
	}
	t := time.NewTimer(duration(dt))
	defer t.Stop()
	var err error
	turn.Await(ctx, func() {
		select {
		case <-t.C:
		case <-ctx.Done():
			err = ctxerr.New(ctx, "sleep")
		}
	})
	return err
}

// SleepUntil waits until t; see [Clock].
func (c *Realtime) SleepUntil(ctx context.Context, t When) error {
	dt, err := c.until(t)
	if err != nil {
		return err
	}
	return c.Sleep(ctx, dt)
}

// CallIn calls f in dt seconds; see [Clock].
func (c *Realtime) CallIn(dt float64, f func()) (Timer, error) {
	if err := checkCall(f); err != nil {
		return nil, err
	}
	if math.IsNaN(dt) {
		return nil, notANumber()
	}
	return realTimer{time.AfterFunc(duration(dt), f)}, nil
}

// CallAt calls f at t; see [Clock].
func (c *Realtime) CallAt(t When, f func()) (Timer, error) {
	dt, err := c.until(t)
	if err != nil {
		return nil, err
	}
	return c.CallIn(dt, f)
}

// until returns the seconds from now until w.
func (c *Realtime) until(w When) (float64, error) {
	now := c.Time()
	t, err := w.on(now, c.UTCNow())
	return t - now, err
}

type realTimer struct{ t *time.Timer }

func (t realTimer) Cancel() bool { return t.t.Stop() }

// duration returns the Duration nearest to dt seconds.
func duration(dt float64) time.Duration {
	d := dt * float64(time.Second)
	if d >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(max(d, 0))
}

func notANumber() error { return aiomas.ValueError.New("a delay must be a number but is nan") }
