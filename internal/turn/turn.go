package turn

import "sync"

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

	mu       sync.Mutex
	watcher  Watcher // until the turn is left for the first time; nil: none
	state    state
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
	t.queue, t.watcher, t.state = q, nil, taken
	if !used.Load() {
		used.Store(true)
	}
}

// Watch makes w the watcher of t until t is left. It must be called before the task uses t.
func (t *Turn) Watch(w Watcher) { t.watcher = w }

// Leave gives up the turn. Each call must be followed by one call of Resume.
func (t *Turn) Leave() {
	t.mu.Lock()
	leaves := t.state == taken
	var watcher Watcher
	if leaves {
		t.state = left
		watcher, t.watcher = t.watcher, nil
	}
	t.mu.Unlock()
	if !leaves {
		return
	}
	if watcher != nil {
		watcher.Left()
	}
	if task := t.queue.pass(); task != nil {
		task.Start()
	}
}

// Resume queues for the turn again, after those already waiting for it. It does
// not block: wake, which needs a free slot, receives a value when the task has
// the turn. So the time of the event that was waited for determines the place
// in the queue, not the time at which the waiting goroutine is scheduled.
func (t *Turn) Resume(wake chan<- struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch t.state {
	case taken, finished, dropped:
		wake <- struct{}{}
	case left:
		// This is done before the lock is released: otherwise another Resume could
		// wait for a turn that is not queued.
		if t.queue.add(entry{turn: t}) {
			t.state = taken
			wake <- struct{}{}
			return
		}
		t.state = queued
		t.resuming = append(t.resuming, wake)
	case queued:
		t.resuming = append(t.resuming, wake)
	}
}

// resumed gives the turn back to the task. It returns false if the task has
// finished.
func (t *Turn) resumed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == dropped {
		t.state = finished
		return false
	}
	t.state = taken
	t.wakeAll()
	return true
}

// Sends must be called before the task sends anything but its result, so that results of earlier tasks
// are written first.
func (t *Turn) Sends() {
	t.mu.Lock()
	watcher := t.watcher
	t.mu.Unlock()
	if watcher != nil {
		watcher.Sends()
	}
	q := t.queue
	q.mu.Lock()
	late := q.late
	q.mu.Unlock()
	if late != nil {
		late.Hurry()
	}
}

// Regain waits until the task has the turn. The task has it unless a goroutine
// started by the task has left it.
func (t *Turn) Regain() {
	t.mu.Lock()
	if t.state == taken {
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	t.resume()
}

// Finish ends the task. It returns the task that has the turn now, which the
// caller must run, or nil.
func (t *Turn) Finish() Task {
	t.mu.Lock()
	before := t.state
	switch before {
	case taken, left:
		t.state = finished
	case queued:
		t.state = dropped
		t.wakeAll()
	case finished, dropped:
	}
	t.mu.Unlock()
	if before != taken {
		return nil
	}
	return t.queue.pass()
}

// wakeAll wakes all waiting goroutines; t.mu is held.
func (t *Turn) wakeAll() {
	for _, wake := range t.resuming {
		wake <- struct{}{}
	}
	t.resuming = nil
}
