package clock

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Clock is a source of time and timers. Implementations are safe for concurrent use. It
// mirrors aiomas.clocks.BaseClock.
//
// For a point in time that is not in the future, the error is an [aiomas.Exception] of type
// [aiomas.ValueError]; likewise for a delay that is not positive, if the clock documents
// that.
type Clock interface {
	// Time returns the seconds since a start that depends on the clock. It never
	// decreases.
	Time() float64
	// UTCNow returns the present date, in UTC.
	UTCNow() time.Time
	// Sleep waits for dt seconds; the error wraps that of ctx if it ends first.
	Sleep(ctx context.Context, dt float64) error
	// SleepUntil waits until t; the error wraps that of ctx if it ends first.
	SleepUntil(ctx context.Context, t When) error
	// CallIn schedules a call of f in dt seconds, and returns at once. If f is nil, the
	// error is an [aiomas.Exception] of type [aiomas.TypeError], also for CallAt.
	CallIn(dt float64, f func()) (Timer, error)
	// CallAt schedules a call of f at t, and returns at once.
	CallAt(t When, f func()) (Timer, error)
}

// Timer is a scheduled call. It is safe for concurrent use. It mirrors
// aiomas.clocks.TimerHandle.
type Timer interface {
	// Cancel prevents the call. It returns false if the call has already begun or
	// was already cancelled.
	Cancel() bool
}

// When is a point in time: [At] or [Date]. The zero value is At(0).
type When struct {
	seconds float64
	date    time.Time
	isDate  bool
}

// At returns the point in time at which the clock's Time is t.
func At(t float64) When { return When{seconds: t} }

// Date returns the point in time at which the clock's UTCNow is t.
func Date(t time.Time) When { return When{date: t, isDate: true} }

// String returns w as Python prints it: the number, or the date in ISO 8601.
func (w When) String() string {
	if w.isDate {
		return FormatDate(w.date)
	}
	return formatSeconds(w.seconds)
}

// on converts w to seconds on a clock that shows now and date. It returns an
// error if w is in the past. It mirrors BaseClock._check_date.
func (w When) on(now float64, date time.Time) (float64, error) {
	t := w.seconds
	if w.isDate {
		t = secondsBetween(date, w.date) + now
	}
	if !(t > now) { // also for NaN
		return 0, aiomas.ValueError.Errorf(`Date "%v" is in the past`, w)
	}
	return t, nil
}

// checkCall returns an error for a function that cannot be called, before it is
// scheduled.
func checkCall(f func()) error {
	if f == nil {
		return aiomas.TypeError.New("there is no function to call")
	}
	return nil
}

// secondsBetween returns b−a. A time.Duration would overflow after 292 years.
func secondsBetween(a, b time.Time) float64 {
	return float64(b.Unix()-a.Unix()) + float64(b.Nanosecond()-a.Nanosecond())/1e9
}

// addSeconds returns t plus s, rounded to microseconds, the resolution of
// Python's dates.
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
