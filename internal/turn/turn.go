package turn

import "sync/atomic"

// Turn is the turn of one task, from its beginning to its end. The task leaves the
// turn while it waits, and then resumes it.
//
// Several goroutines may wait with the same Turn, for example goroutines that a
// handler has started with its context. They count as one: the turn is left when
// the first of them waits, and resumed when the first of them continues; then all
// others can continue, too. (If each had its own turn, they would deadlock: the
// handler waits for all of them and has the turn that the second one needs.)
//
// It is safe for concurrent use. A Turn may be used after its task has finished,
// without effect on others.
type Turn struct {
	queue *Queue

	// The lock of queue guards these; has can be read without it.
	watcher  Watcher // nil: none
	told     bool    // watcher knows that the turn was left
	state    state
	has      atomic.Bool       // state is taken
	resuming []chan<- struct{} // waiting to continue
}

// Watcher is notified of the actions of a task with a turn.
type Watcher interface {
	// Left is called when the task leaves the turn for the first time. It must not
	// block, since the caller may hold any lock.
	Left()
	// Sends is called before the task sends anything but its result.
	Sends()
}

type state uint8

const (
	taken    state = iota // the task has the turn
	left                  // it waits for an event
	queued                // it waits for the turn
	finished              // it has ended
	dropped               // it has ended, and was queued at that time
)

// Begin makes t the turn of a task that has the turn of q. If no other goroutine has a reference to t, it
// can be reused after its task has finished.
func (t *Turn) Begin(q *Queue) {
	t.queue, t.watcher, t.told = q, nil, false
	t.set(taken)
	if !used.Load() {
		used.Store(true)
	}
}

func (t *Turn) set(s state) {
	t.state = s
	t.has.Store(s == taken)
}

// Watch makes w the watcher of t. It must be called before the task uses t.
func (t *Turn) Watch(w Watcher) { t.watcher = w }

// Leave gives up the turn. Each call must be followed by one call of Resume.
func (t *Turn) Leave() {
	q := t.queue
	q.mu.Lock()
	leaves := t.state == taken
	var watcher Watcher
	var next Task
	if leaves {
		t.set(left)
		if !t.told {
			watcher, t.told = t.watcher, true
		}
		if watcher == nil {
			next = q.pass()
		}
	}
	q.mu.Unlock()
	if watcher != nil {
		watcher.Left()
		q.mu.Lock()
		next = q.pass()
		q.mu.Unlock()
	}
	if next != nil {
		next.Start()
	}
}

// Resume queues for the turn again, after those already waiting for it. It does
// not block: wake, which needs a free slot, receives a value when the task has
// the turn. So the time of the event that was waited for determines the place
// in the queue, not the time at which the waiting goroutine is scheduled.
func (t *Turn) Resume(wake chan<- struct{}) {
	q := t.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	switch t.state {
	case taken, finished, dropped:
		wake <- struct{}{}
	case left:
		if q.add(entry{turn: t}) {
			t.set(taken)
			wake <- struct{}{}
			return
		}
		t.set(queued)
		t.resuming = append(t.resuming, wake)
	case queued:
		t.resuming = append(t.resuming, wake)
	}
}

// resumed gives the turn back to the task. It returns false if the task has
// finished; the lock is held.
func (t *Turn) resumed() bool {
	if t.state == dropped {
		t.set(finished)
		return false
	}
	t.set(taken)
	t.wakeAll()
	return true
}

// Sends must be called before the task sends anything but its result, so that results of earlier tasks
// are written first.
func (t *Turn) Sends() {
	q := t.queue
	q.mu.Lock()
	watcher, late := t.watcher, q.late
	q.mu.Unlock()
	if watcher != nil {
		watcher.Sends()
	}
	if late != nil {
		late.Hurry()
	}
}

// Regain waits until the task has the turn. The task has it unless a goroutine
// started by the task has left it.
func (t *Turn) Regain() {
	if !t.has.Load() {
		t.resume()
	}
}

// Finish ends the task. It returns the task that has the turn now, which the
// caller must run, or nil.
func (t *Turn) Finish() Task {
	q := t.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	switch t.state {
	case taken:
		t.set(finished)
		return q.pass()
	case left:
		t.set(finished)
	case queued:
		t.set(dropped)
		t.wakeAll()
	case finished, dropped:
	}
	return nil
}

// wakeAll wakes all waiting goroutines; the lock is held.
func (t *Turn) wakeAll() {
	for _, wake := range t.resuming {
		wake <- struct{}{}
	}
	t.resuming = nil
}
