package peer

import (
	"sync/atomic"
	"time"
)

// SlowTime is how long a slow call of the work "mixed" waits in its handler.
const SlowTime = 5 * time.Millisecond

// WaitSlow waits as a slow call does.
func WaitSlow() { <-time.After(SlowTime) }

// slowEvery is the share of slow calls in the work "mixed": one in a hundred.
const slowEvery = 100

// Slow reports whether call i of a work is one that waits in its handler.
func Slow(work Work, i int) bool { return work.Mixed() && i%slowEvery == slowEvery-1 }

// Mixed reports whether one in a hundred calls of the work is slow.
func (w Work) Mixed() bool { return w.Name == "mixed" || w.Name == "agents-mixed" }

// Schedule has the intended times of calls at a fixed rate. The time of a call counts from its
// intended time, whenever it was made: a call that had to wait for others before it is not
// forgotten.
type Schedule struct {
	// Most is the number of calls that may be unanswered; more wait to be made. It limits memory
	// if a peer cannot keep the rate.
	Most int

	work  Work
	start time.Time
	gap   float64 // ns; 0: all calls are due at once
	n     int
	done  atomic.Int64
	took  []int64 // ns from the intended time to the reply; 0 for slow calls
	late  []int64 // ns from the intended time until the call is made
}

// NewSchedule returns a schedule for a number of calls of a work. A rate of 0 is for the peak: a
// call is due whenever fewer than most are unanswered.
func NewSchedule(work Work, n int, rate float64, most int) *Schedule {
	s := &Schedule{Most: most, work: work, n: n, took: make([]int64, n), late: make([]int64, n)}
	if rate > 0 {
		s.gap = 1e9 / rate
	}
	return s
}

// Start sets the time of the first call to now.
func (s *Schedule) Start() { s.start = time.Now() }

// Len returns the number of calls.
func (s *Schedule) Len() int { return s.n }

// Finished reports whether all calls were answered.
func (s *Schedule) Finished() bool { return s.done.Load() == int64(s.n) }

// Due returns the end of the calls that are due, of which the first next were made, and the time
// until the next one is due. The time is 0 if that depends on replies, or on nothing.
func (s *Schedule) Due(next int) (end int, wait time.Duration) {
	end = s.n
	if s.gap > 0 {
		end = min(s.n, int(float64(time.Since(s.start))/s.gap)+1)
		if end < s.n {
			wait = max(time.Duration(s.gap*float64(end))-time.Since(s.start), 1)
		}
	}
	if room := int(s.done.Load()) + s.Most; end > room {
		return max(room, next), 0
	}
	return end, wait
}

// Made records that call i is made now.
func (s *Schedule) Made(i int) { s.late[i] = int64(time.Since(s.start)) - int64(s.gap*float64(i)) }

// Done records the reply to call i.
func (s *Schedule) Done(i int) {
	if !Slow(s.work, i) {
		s.took[i] = max(int64(time.Since(s.start))-int64(s.gap*float64(i)), 1)
	}
	s.done.Add(1)
}
