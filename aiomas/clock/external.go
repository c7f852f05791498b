package clock

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// External is a clock whose time changes only when SetTime is called, for
// agents in simulations. It is safe for concurrent use. It mirrors
// aiomas.clocks.ExternalClock.
type External struct {
	start time.Time

	mu     sync.Mutex
	now    float64
	queue  events   // events to come
	count  uint64   // number of events so far; orders events of the same time
	due    []*event // events that the running SetTime has still to wake
	waking bool     // a SetTime is running
}

// NewExternal returns a clock whose Time is initTime. utcStart is the date at time 0, not
// at initTime. [ParseDate] parses dates as Python programs accept them.
func NewExternal(utcStart time.Time, initTime float64) *External {
	return &External{start: utcStart.UTC(), now: initTime}
}

// Time returns the time that was set last.
func (c *External) Time() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// UTCNow returns the date at Time, in microseconds.
func (c *External) UTCNow() time.Time { return addSeconds(c.start, c.Time()) }

// SetTime sets the time to t, calls the functions that are due and wakes the
// sleepers that are due: in the order of their times, and for the same time in
// the order in which they were added. It mirrors ExternalClock.set_time.
//
// Functions of CallIn and CallAt are called one after another. A sleeper is
// woken at its place in this order, and the next event waits until Sleep has
// returned. SetTime returns when all events that are due are done. If it is
// called while another SetTime is running, by one of these functions or by
// another goroutine, it only sets the time, and the running SetTime handles the
// events. A panic in a function reaches the caller of SetTime after the other
// events are done.
//
// If t is not later than the present time, the error is an exception of type
// [aiomas.ValueError].
func (c *External) SetTime(t float64) error {
	c.mu.Lock()
	if !(t > c.now) {
		now := c.now
		c.mu.Unlock()
		return aiomas.ValueError.Errorf("Time must be > %s but is %s", formatSeconds(now), formatSeconds(t))
	}
	c.now = t
	for len(c.queue) > 0 && c.queue[0].at <= t {
		c.due = append(c.due, heap.Pop(&c.queue).(*event))
	}
	if c.waking {
		c.mu.Unlock()
		return nil
	}
	c.waking = true
	c.mu.Unlock()
	c.wakeDue()
	return nil
}

func (c *External) wakeDue() {
	finished := false
	defer func() {
		if !finished { // a function panicked
			c.wakeDue()
		}
	}()
	for e := c.next(); e != nil; e = c.next() {
		e.wake()
	}
	finished = true
}

func (c *External) next() *event {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.due) > 0 {
		e := c.due[0]
		c.due[0] = nil
		c.due = c.due[1:]
		if e.over {
			continue
		}
		e.over = true
		return e
	}
	c.waking, c.due = false, nil
	return nil
}

// Sleep waits until the time has been set to dt seconds from now or later; see
// [Clock]. dt must be positive.
func (c *External) Sleep(ctx context.Context, dt float64) error {
	e := newSleeper()
	if err := c.addIn(e, dt); err != nil {
		return err
	}
	return c.sleep(ctx, e)
}

// SleepUntil waits until the time has been set to t or later; see [Clock].
func (c *External) SleepUntil(ctx context.Context, t When) error {
	e := newSleeper()
	if err := c.addAt(e, t); err != nil {
		return err
	}
	return c.sleep(ctx, e)
}

// sleep leaves the caller's turn, if it has one. SetTime waits only until the
// sleeper is queued for the turn again, not until it has the turn.
func (c *External) sleep(ctx context.Context, e *event) (err error) {
	pause := turn.Leave(ctx)
	select {
	case <-e.woken:
	case <-ctx.Done():
		c.cancel(e)
		err = ctxerr.New(ctx, "sleep")
	}
	pause.Resume()
	close(e.left)
	pause.Wait()
	return err
}

// CallIn makes SetTime call f when it sets the time to dt seconds from now or
// later; see [Clock]. dt must be positive. As in Python, f must not wait for
// this clock, whose time does not advance until f returns: wait in a goroutine
// instead.
func (c *External) CallIn(dt float64, f func()) (Timer, error) {
	if err := checkCall(f); err != nil {
		return nil, err
	}
	e := &event{call: f}
	if err := c.addIn(e, dt); err != nil {
		return nil, err
	}
	return externalTimer{c, e}, nil
}

// CallAt makes SetTime call f when it sets the time to t or later; see CallIn.
func (c *External) CallAt(t When, f func()) (Timer, error) {
	if err := checkCall(f); err != nil {
		return nil, err
	}
	e := &event{call: f}
	if err := c.addAt(e, t); err != nil {
		return nil, err
	}
	return externalTimer{c, e}, nil
}

type externalTimer struct {
	c *External
	e *event
}

func (t externalTimer) Cancel() bool { return t.c.cancel(t.e) }

func (c *External) addIn(e *event, dt float64) error {
	if !(dt > 0) {
		return aiomas.ValueError.Errorf("dt must be > 0 but is %s", formatSeconds(dt))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(e, At(c.now+dt))
}

func (c *External) addAt(e *event, w When) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(e, w)
}

// add adds e to the queue. c.mu is held, so that events of the same time are ordered by
// arrival.
func (c *External) add(e *event, w When) error {
	t, err := w.on(c.now, addSeconds(c.start, c.now))
	if err != nil {
		return err
	}
	e.at, e.number = t, c.count
	c.count++
	heap.Push(&c.queue, e)
	return nil
}

// cancel removes e from the queue. It returns false if e was woken before.
func (c *External) cancel(e *event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.over {
		return false
	}
	e.over = true
	if e.index >= 0 {
		heap.Remove(&c.queue, e.index)
	}
	return true
}

// event is a sleeper, or a function to be called.
type event struct {
	at     float64
	number uint64
	index  int  // in the queue; -1 if removed
	over   bool // woken or cancelled

	call  func()        // nil: a sleeper
	woken chan struct{} // wakes the sleeper
	left  chan struct{} // closed when the sleeper continues or is cancelled
}

func newSleeper() *event {
	return &event{woken: make(chan struct{}), left: make(chan struct{})}
}

func (e *event) wake() {
	if e.call != nil {
		e.call()
		return
	}
	select {
	case e.woken <- struct{}{}:
	case <-e.left:
	}
	<-e.left
}

// events is a heap ordered by time, then by arrival.
type events []*event

func (q events) Len() int { return len(q) }

func (q events) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].number < q[j].number
}

func (q events) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *events) Push(x any) {
	e := x.(*event)
	e.index = len(*q)
	*q = append(*q, e)
}

func (q *events) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	e.index = -1
	return e
}
