package clock_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)

var (
	_ clock.Clock = (*clock.Realtime)(nil)
	_ clock.Clock = (*clock.External)(nil)
)

// journal is a list that goroutines append to.
type journal struct {
	mu   sync.Mutex
	list []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, fmt.Sprintf(format, args...))
}

func (j *journal) want(t *testing.T, want ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if diff := cmp.Diff(want, j.list); diff != "" {
		t.Error(diff)
	}
}

func mustSet(t *testing.T, c *clock.External, time float64) {
	t.Helper()
	if err := c.SetTime(time); err != nil {
		t.Fatal(err)
	}
}

// Scheduling nil fails at once.
func TestNothingToCall(t *testing.T) {
	for _, c := range []clock.Clock{clock.NewRealtime(), clock.NewExternal(start, 0)} {
		if timer, err := c.CallIn(1, nil); timer != nil || !errors.Is(err, aiomas.TypeError) {
			t.Errorf("%T: CallIn returned %v, %v", c, timer, err)
		}
		if timer, err := c.CallAt(clock.At(1e6), nil); timer != nil || !errors.Is(err, aiomas.TypeError) {
			t.Errorf("%T: CallAt returned %v, %v", c, timer, err)
		}
	}
}

func TestExternalOrder(t *testing.T) {
	c := clock.NewExternal(start, 0)
	var j journal
	note := func(what string) func() {
		return func() { j.add("%s at %g", what, c.Time()) }
	}
	call := func(at float64, what string) clock.Timer {
		t.Helper()
		timer, err := c.CallAt(clock.At(at), note(what))
		if err != nil {
			t.Fatal(err)
		}
		return timer
	}
	call(3, "late")
	call(1, "tie 1")
	call(1, "tie 2")
	cancelled := call(1, "cancelled")
	call(0.5, "early")
	call(2, "never reached in this step")
	if !cancelled.Cancel() || cancelled.Cancel() {
		t.Error("the first Cancel must be true, the second false")
	}
	mustSet(t, c, 1.5)
	j.want(t, "early at 1.5", "tie 1 at 1.5", "tie 2 at 1.5")
	j.list = nil
	mustSet(t, c, 10)
	j.want(t, "never reached in this step at 10", "late at 10")
}

// Sleepers return from Sleep one after another, in time order, between the
// scheduled functions. With one processor their next steps are in order, too,
// as in Python.
func TestExternalWakesSleepersInOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewExternal(start, 0)
		var j journal
		for i, at := range []float64{3, 1, 2, 1, 2} {
			go func() {
				if err := c.SleepUntil(t.Context(), clock.At(at)); err != nil {
					t.Error(err)
				}
				j.add("sleeper %d", i)
			}()
			synctest.Wait() // so that they arrive in this order
		}
		if _, err := c.CallIn(2, func() { j.add("call") }); err != nil {
			t.Fatal(err)
		}
		mustSet(t, c, 3)
		synctest.Wait()
		j.want(t, "sleeper 1", "sleeper 3", "sleeper 2", "sleeper 4", "call", "sleeper 0")
	})
}

func TestExternalSetTimeReturnsWhenSleepersCanRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewExternal(start, 0)
		woke := make(chan float64)
		go func() {
			_ = c.Sleep(t.Context(), 0.5)
			woke <- c.Time()
		}()
		synctest.Wait()
		mustSet(t, c, 0.25)
		synctest.Wait()
		select {
		case <-woke:
			t.Error("woken too early")
		default:
		}
		mustSet(t, c, 0.5)
		if at := <-woke; at != 0.5 {
			t.Errorf("woken at %g", at)
		}
	})
}

func TestExternalSleeperGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewExternal(start, 0)
		cause := errors.New("changed my mind")
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() { done <- c.Sleep(ctx, 1) }()
		synctest.Wait()
		cancel(cause)
		if err := <-done; !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
		mustSet(t, c, 2) // must not wait for the cancelled sleeper
	})
}

// A scheduled function may advance the time, schedule functions and cancel others.
func TestExternalFunctionsUseTheClock(t *testing.T) {
	c := clock.NewExternal(start, 0)
	var j journal
	var third clock.Timer
	must := func(timer clock.Timer, err error) clock.Timer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return timer
	}
	must(c.CallAt(clock.At(1), func() {
		j.add("first")
		must(c.CallIn(1, func() { j.add("scheduled by the first") }))
		third.Cancel()
		mustSet(t, c, 7)
	}))
	must(c.CallAt(clock.At(2), func() { j.add("second at %g", c.Time()) }))
	third = must(c.CallAt(clock.At(3), func() { j.add("third") }))
	must(c.CallAt(clock.At(6), func() { j.add("sixth") }))
	mustSet(t, c, 5)
	j.want(t, "first", "second at 7", "sixth", "scheduled by the first")
}

func TestExternalPanicWakesTheOthers(t *testing.T) {
	c := clock.NewExternal(start, 0)
	var j journal
	for _, f := range []func(){
		func() { panic("boom") },
		func() { j.add("after the panic") },
	} {
		if _, err := c.CallIn(1, f); err != nil {
			t.Fatal(err)
		}
	}
	func() {
		defer func() {
			if r := recover(); r != "boom" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = c.SetTime(1)
	}()
	j.want(t, "after the panic")
	mustSet(t, c, 2)
}

// The texts are Python's.
func TestErrors(t *testing.T) {
	ext := clock.NewExternal(start, -1)
	mustSet(t, ext, 2.5)
	real := clock.NewRealtime()
	ctx := t.Context()
	f := func() {}
	past := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	timer := func(_ clock.Timer, err error) error { return err }
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"SetTime back", ext.SetTime(2), "ValueError: Time must be > 2.5 but is 2"},
		{"SetTime same", ext.SetTime(2.5), "ValueError: Time must be > 2.5 but is 2.5"},
		{"SetTime NaN", ext.SetTime(math.NaN()), "ValueError: Time must be > 2.5 but is NaN"},
		{"Sleep 0", ext.Sleep(ctx, 0), "ValueError: dt must be > 0 but is 0"},
		{"Sleep -1", ext.Sleep(ctx, -1), "ValueError: dt must be > 0 but is -1"},
		{"Sleep NaN", ext.Sleep(ctx, math.NaN()), "ValueError: dt must be > 0 but is NaN"},
		{"SleepUntil", ext.SleepUntil(ctx, clock.At(2.5)), `ValueError: Date "2.5" is in the past`},
		{"SleepUntil date", ext.SleepUntil(ctx, clock.Date(past)), `ValueError: Date "2015-01-01T00:00:00+00:00" is in the past`},
		{"CallIn 0", timer(ext.CallIn(0, f)), "ValueError: dt must be > 0 but is 0"},
		{"CallAt", timer(ext.CallAt(clock.At(1e6), f)), ""},
		{"CallAt past", timer(ext.CallAt(clock.At(-3), f)), `ValueError: Date "-3" is in the past`},
		{"CallAt date", timer(ext.CallAt(clock.Date(start.Add(2500*time.Millisecond)), f)), `ValueError: Date "2016-01-01T00:00:02.500000+00:00" is in the past`},
		{"Realtime Sleep 0", real.Sleep(ctx, 0), ""},
		{"Realtime Sleep -1", real.Sleep(ctx, -1), ""},
		{"Realtime Sleep NaN", real.Sleep(ctx, math.NaN()), "ValueError: a delay must be a number but is nan"},
		{"Realtime SleepUntil", real.SleepUntil(ctx, clock.At(-1)), `ValueError: Date "-1" is in the past`},
		{"Realtime SleepUntil date", real.SleepUntil(ctx, clock.Date(past)), `ValueError: Date "2015-01-01T00:00:00+00:00" is in the past`},
		{"Realtime CallAt", timer(real.CallAt(clock.At(-1), f)), `ValueError: Date "-1" is in the past`},
	} {
		got := ""
		if c.err != nil {
			got = c.err.Error()
			if !errors.Is(c.err, aiomas.ValueError) {
				t.Errorf("%s: %v is no ValueError", c.name, c.err)
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestExternalDates(t *testing.T) {
	cet := time.Date(2010, 3, 27, 0, 0, 0, 0, time.FixedZone("", 3600))
	c := clock.NewExternal(cet, -1)
	if got := clock.FormatDate(c.UTCNow()); got != "2010-03-26T22:59:59+00:00" {
		t.Errorf("UTCNow is %s", got)
	}
	called := 0.0
	if _, err := c.CallAt(clock.Date(cet.Add(90*time.Minute)), func() { called = c.Time() }); err != nil {
		t.Fatal(err)
	}
	mustSet(t, c, 5399.999999)
	if called != 0 {
		t.Error("called a microsecond too early")
	}
	mustSet(t, c, 5400)
	if called != 5400 {
		t.Error("not called in time")
	}
	mustSet(t, c, 5400.0000004)
	if got := clock.FormatDate(c.UTCNow()); got != "2010-03-27T00:30:00+00:00" {
		t.Errorf("UTCNow is %s", got)
	}
	far := clock.NewExternal(start, 2e10) // no time.Duration holds 634 years
	if got := clock.FormatDate(far.UTCNow()); got != "2649-10-10T11:33:20+00:00" {
		t.Errorf("UTCNow is %s", got)
	}
}

// Whatever the steps of the time, events happen in the order of their times,
// then of their arrival.
func TestExternalProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock.NewExternal(start, 0)
		type entry struct {
			at     float64
			number int
		}
		var called []entry
		times := rapid.SliceOf(rapid.Float64Range(0.1, 5)).Draw(t, "times")
		for i, at := range times {
			at = math.Ceil(at*2) / 2 // many ties
			if _, err := c.CallAt(clock.At(at), func() {
				if c.Time() < at {
					t.Fatalf("called at %g, before %g", c.Time(), at)
				}
				called = append(called, entry{at, i})
			}); err != nil {
				t.Fatal(err)
			}
		}
		step := rapid.Float64Range(0.1, 6).Draw(t, "step")
		for now := step; now < 6+step; now += step {
			if err := c.SetTime(now); err != nil {
				t.Fatal(err)
			}
		}
		if len(called) != len(times) {
			t.Fatalf("%d called of %d", len(called), len(times))
		}
		for i := 1; i < len(called); i++ {
			a, b := called[i-1], called[i]
			if a.at > b.at || a.at == b.at && a.number > b.number {
				t.Fatalf("%v before %v", a, b)
			}
		}
	})
}

func TestRealtime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewRealtime()
		if c.Time() != 0 {
			t.Errorf("begins at %g", c.Time())
		}
		if err := c.Sleep(t.Context(), 1.5); err != nil {
			t.Error(err)
		}
		if c.Time() != 1.5 {
			t.Errorf("slept until %g", c.Time())
		}
		if err := c.SleepUntil(t.Context(), clock.At(2)); err != nil || c.Time() != 2 {
			t.Errorf("slept until %g: %v", c.Time(), err)
		}
		if err := c.SleepUntil(t.Context(), clock.Date(c.UTCNow().Add(time.Hour))); err != nil || c.Time() != 3602 {
			t.Errorf("slept until %g: %v", c.Time(), err)
		}
		called := make(chan float64, 1)
		timer, err := c.CallIn(2, func() { called <- c.Time() })
		if err != nil {
			t.Fatal(err)
		}
		if at := <-called; at != 3604 {
			t.Errorf("called at %g", at)
		}
		if timer.Cancel() {
			t.Error("cancelled after it was called")
		}
		timer, err = c.CallAt(clock.At(3605), func() { t.Error("called although cancelled") })
		if err != nil || !timer.Cancel() {
			t.Error("could not cancel", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Sleep(ctx, math.Inf(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := c.Sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// Many sleepers, some of which are cancelled while the time passes.
func TestExternalConcurrent(t *testing.T) {
	c := clock.NewExternal(start, 0)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%3 == 0 {
				timer, err := c.CallIn(float64(i), cancel)
				if err == nil {
					defer timer.Cancel()
				}
			}
			err := c.Sleep(ctx, float64(1+i%50))
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	slept := make(chan struct{})
	go func() { wg.Wait(); close(slept) }()
	for now := 1.0; ; now++ {
		select {
		case <-slept:
			return
		default:
		}
		if err := c.SetTime(now); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}
