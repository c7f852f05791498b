package clock

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Clock tells the time and lets it pass. Implementations are safe for
// concurrent use. It mirrors aiomas.clocks.BaseClock.
//
// A point in time that is not in the future, and where a clock says so a delay
// that is not positive, is an [aiomas.Exception] of type [aiomas.ValueError].
type Clock interface {
	// Time returns the seconds on a clock that never goes back. Where it
	// starts is up to the clock.
	Time() float64
	// UTCNow returns the date, in UTC.
	UTCNow() time.Time
	// Sleep waits for dt seconds; the error wraps that of ctx if it ends first.
	Sleep(ctx context.Context, dt float64) error
	// SleepUntil waits until t; the error wraps that of ctx if it ends first.
	SleepUntil(ctx context.Context, t When) error
	// CallIn lets f be called in dt seconds, and returns at once. A nil f is an
	// [aiomas.Exception] of type [aiomas.TypeError], as it is for CallAt.
	CallIn(dt float64, f func()) (Timer, error)
	// CallAt lets f be called at t, and returns at once.
	CallAt(t When, f func()) (Timer, error)
}

// Timer is a call that a clock will make. It mirrors aiomas.clocks.TimerHandle.
type Timer interface {
	// Cancel prevents the call. It returns false if the call was made, begun
	// or cancelled before. Cancelling twice is fine.
	Cancel() bool
}

// When is a point in time: [At] or [Date]. The zero value is At(0).
type When struct {
	seconds float64
	date    time.Time
	isDate  bool
}

// At is the point at which the clock's Time is t.
func At(t float64) When { return When{seconds: t} }

// Date is the point at which the clock's UTCNow is t.
func Date(t time.Time) When { return When{date: t, isDate: true} }

// String returns what Python prints: the number, or the date in ISO 8601.
func (w When) String() string {
	if w.isDate {
		return FormatDate(w.date)
	}
	return formatSeconds(w.seconds)
}

// on returns w on the scale of a clock that shows now and date, and refuses the
// past. It mirrors BaseClock._check_date.
func (w When) on(now float64, date time.Time) (float64, error) {
	t := w.seconds
	if w.isDate {
		t = secondsBetween(date, w.date) + now
	}
	if !(t > now) { // also when it is no number
		return 0, aiomas.ValueError.Errorf(`Date "%v" is in the past`, w)
	}
	return t, nil
}

// checkCall refuses what would fail only when its time has come.
func checkCall(f func()) error {
	if f == nil {
		return aiomas.TypeError.New("there is no function to call")
	}
	return nil
}

// secondsBetween is b−a. A time.Duration would overflow after 292 years.
func secondsBetween(a, b time.Time) float64 {
	return float64(b.Unix()-a.Unix()) + float64(b.Nanosecond()-a.Nanosecond())/1e9
}

// addSeconds is t plus s rounded to microseconds, which is what Python's dates
// can hold.
func addSeconds(t time.Time, s float64) time.Time {
	whole := math.Floor(s)
	micros := math.RoundToEven((s - whole) * 1e6)
	return time.Unix(t.Unix()+int64(whole), int64(t.Nanosecond())+int64(micros)*1000).UTC()
}

// formatSeconds writes whole seconds without a fraction, as Python writes an int.
func formatSeconds(s float64) string {
	if math.Abs(s) < 1e16 {
		return strconv.FormatFloat(s, 'f', -1, 64)
	}
	return strconv.FormatFloat(s, 'g', -1, 64)
}

// ended is the error of a wait that ctx ended.
func ended(ctx context.Context) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); cause != err { //nolint:errorlint // is there a cause of its own?
		return fmt.Errorf("aiomas: sleep: %w: %w", err, cause)
	}
	return fmt.Errorf("aiomas: sleep: %w", err)
}
