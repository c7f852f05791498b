package turn

import "sync"

// Turn is the turn of one task, from its beginning to its end. While the task waits
// it leaves the turn to others, and then resumes it.
//
// Several goroutines may wait with the same Turn, those that a handler has started
// with its context for example. They count as one: the turn is left when the first
// of them waits, and resumed when the first of them goes on; the others go on then,
// too. (Each with a turn of its own would be a deadlock: the handler waits for all
// of them with the turn that the second one needs.)
//
// It is safe for concurrent use. A Turn may be used when its task has finished: it
// then holds up nothing.
type Turn struct {
	queue *Queue

	mu       sync.Mutex
	state    state
	resuming []chan<- struct{} // wait to go on
}

type state uint8

const (
	held     state = iota // the task has the turn
	left                  // it waits for something
	queued                // it waits for the turn
	finished              // it is over
	dropped               // it is over, and was queued at its end
)

// Begin makes t the turn of a task that has got the turn of q.
func (t *Turn) Begin(q *Queue) {
	t.queue = q
	if !used.Load() {
		used.Store(true)
	}
}

// Leave gives up the turn. It is followed by Resume, once for each call.
func (t *Turn) Leave() {
	t.mu.Lock()
	leaves := t.state == held
	if leaves {
		t.state = left
	}
	t.mu.Unlock()
	if !leaves {
		return
	}
	if task := t.queue.pass(); task != nil {
		task.Start()
	}
}

// Resume takes the turn again, behind those that wait for it now. It does not
// block: wake, which needs a free slot, gets a value when the task has the turn.
// So the place in the queue is that of the event that was waited for, whenever
// the goroutine that waited is scheduled.
func (t *Turn) Resume(wake chan<- struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch t.state {
	case held, finished, dropped:
		wake <- struct{}{}
	case left:
		// Not after the lock is released: another Resume would wait for a turn
		// that nobody has asked for.
		if t.queue.add(entry{turn: t}) {
			t.state = held
			wake <- struct{}{}
			return
		}
		t.state = queued
		t.resuming = append(t.resuming, wake)
	case queued:
		t.resuming = append(t.resuming, wake)
	}
}

// resumed gives the turn back to the task. False says that the task is over.
func (t *Turn) resumed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == dropped {
		t.state = finished
		return false
	}
	t.state = held
	t.wakeAll()
	return true
}

// Hold waits until the task has the turn. It has it, unless a goroutine that was
// started by the task waits with it.
func (t *Turn) Hold() {
	t.mu.Lock()
	if t.state == held {
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	t.resume()
}

// Finish ends the task. It returns the task that has the turn now, for the caller
// to run; nil if there is none.
func (t *Turn) Finish() Task {
	t.mu.Lock()
	before := t.state
	switch before {
	case held, left:
		t.state = finished
	case queued:
		t.state = dropped
		t.wakeAll()
	}
	t.mu.Unlock()
	if before != held {
		return nil
	}
	return t.queue.pass()
}

// wakeAll lets all that wait go on; t.mu is held.
func (t *Turn) wakeAll() {
	for _, wake := range t.resuming {
		wake <- struct{}{}
	}
	t.resuming = nil
}

// Holds reports whether the task has the turn.
func (t *Turn) Holds() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state == held
}
