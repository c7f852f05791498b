package peer

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// Loader is a Caller with a load generator of its own. Load makes the calls of a schedule over
// the connections in turn, and returns when all were answered.
type Loader interface {
	Caller
	Load(ctx context.Context, work Work, conns []Caller, s *Schedule) error
}

// Sharer is a Caller whose Call must not be used concurrently. Shared returns one whose Call may
// be, over the same connection, which must not be used in another way from then on.
type Sharer interface {
	Caller
	Shared(work Work) (Caller, error)
}

const (
	// The most unanswered calls at a fixed rate, and when the peak is measured.
	mostWaiting     = 20_000
	mostWaitingPeak = 256
)

// open makes calls at a fixed rate. With a rate of 0 it measures the peak.
func (d *driver) open(ctx context.Context, r proc.Request) (proc.Reply, error) {
	// The generator sleeps in a system call, and would otherwise take one from the library.
	runtime.GOMAXPROCS(runtime.NumCPU() + 1)
	conns, err := d.shared(ctx, r.Conns)
	if err != nil {
		return proc.Reply{}, err
	}
	if r.Rate == 0 {
		return d.peak(ctx, conns, time.Duration(r.Nanos))
	}
	n := max(int(r.Rate*float64(r.Nanos)/1e9), 1)
	s := NewSchedule(d.work, n, r.Rate, mostWaiting)
	before := proc.Self()
	took, err := d.load(ctx, conns, s)
	after := proc.Self()
	if err != nil {
		return proc.Reply{}, err
	}
	times, err := histogram(s.took)
	if err != nil {
		return proc.Reply{}, err
	}
	late, err := histogram(s.late)
	return proc.Reply{Calls: int64(n), Nanos: int64(took), Usage: after.Sub(before), Times: times, Late: late}, err
}

// peak returns the most calls for each second that the generator gets through with a limited
// number of unanswered ones.
func (d *driver) peak(ctx context.Context, conns []Caller, slice time.Duration) (proc.Reply, error) {
	for n := 1000; ; n *= 2 {
		took, err := d.load(ctx, conns, NewSchedule(d.work, n, 0, mostWaitingPeak))
		if err != nil || took >= slice {
			return proc.Reply{Calls: int64(n), Nanos: int64(took)}, err
		}
	}
}

// shared opens connections until there are n for concurrent calls.
func (d *driver) shared(ctx context.Context, n int) ([]Caller, error) {
	if err := d.connect(ctx, n); err != nil {
		return nil, err
	}
	for i, c := range d.callers {
		if s, ok := c.(Sharer); ok {
			var err error
			if d.callers[i], err = s.Shared(d.work); err != nil {
				return nil, err
			}
		}
	}
	return d.callers[:max(n, 1)], nil
}

// load makes the calls of a schedule, and returns the time until all were answered.
func (d *driver) load(ctx context.Context, conns []Caller, s *Schedule) (time.Duration, error) {
	runtime.GC() // do not leave the garbage of what ran before to the measurement
	s.Start()
	if l, ok := conns[0].(Loader); ok {
		err := l.Load(ctx, d.work, conns, s)
		return time.Since(s.start), err
	}
	err := generate(ctx, d.work, conns, s)
	return time.Since(s.start), err
}

// generate makes each call in a goroutine of its own, as servers of users make them.
func generate(ctx context.Context, work Work, conns []Caller, s *Schedule) error {
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	room := make(chan struct{}, 1)
	for next := 0; next < s.Len() && failed.Load() == nil; {
		end, wait := s.Due(next)
		for ; next < end; next++ {
			i := next
			s.Made(i)
			wg.Go(func() {
				if err := conns[i%len(conns)].Call(ctx, work, i); err != nil {
					failed.Store(&err)
				}
				s.Done(i)
				select {
				case room <- struct{}{}:
				default:
				}
			})
		}
		switch {
		case next == s.Len():
		case wait > 0:
			pause(wait, time.Duration(s.gap))
		default:
			<-room
		}
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// mostSpin is how much longer than it should a sleep takes, about.
const mostSpin = 30 * time.Microsecond

// pause waits for about d. It sleeps, and waits busily only for the last tenth of the gap between
// two calls: with two cores, one that is waited on is missing to the client or the server.
func pause(d, gap time.Duration) {
	until := time.Now().Add(d)
	if sleep := d - min(gap/10, mostSpin); sleep > 0 {
		proc.Sleep(sleep)
	}
	for time.Now().Before(until) {
	}
}

// Times of calls are kept with two digits, up to a minute.
func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1000, int64(time.Minute), 2) }

// histogram returns the times other than 0 as a histogram in its text form.
func histogram(times []int64) (string, error) {
	h := newHistogram()
	for _, t := range times {
		if t > 0 {
			if err := h.RecordValue(min(t, int64(time.Minute))); err != nil {
				return "", err
			}
		}
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return string(b), err
}

// first measures one call after a pause, and the calls after it: Nanos is the time of the first
// one, Warm the median of the others.
func (d *driver) first(ctx context.Context, r proc.Request) (proc.Reply, error) {
	conns, err := d.shared(ctx, 1)
	if err != nil {
		return proc.Reply{}, err
	}
	const warm = 200
	times := make([]int64, warm+1)
	proc.Sleep(time.Duration(r.Nanos))
	for i := range times {
		start := time.Now()
		if l, ok := conns[0].(Loader); ok {
			s := NewSchedule(d.work, 1, 0, 1)
			s.Start()
			err = l.Load(ctx, d.work, conns, s)
		} else {
			err = conns[0].Call(ctx, d.work, i)
		}
		if err != nil {
			return proc.Reply{}, err
		}
		times[i] = int64(time.Since(start))
	}
	return proc.Reply{Calls: 1, Nanos: times[0], Warm: slices.Sorted(slices.Values(times[1:]))[warm/2]}, nil
}
