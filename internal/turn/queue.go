// Package turn serialises work: one holder at a time, in the order of arrival.
//
// A Queue is the mailbox of an actor. Tasks are added to it, and each begins when
// it gets the turn. The goroutine that runs a task has a Turn. It leaves the turn
// while it waits for an event, so that other tasks run, and resumes it behind the
// tasks that were queued meanwhile, like a Python coroutine at each await.
//
// Queue and Turn start no goroutines: Add and Finish return the task that has the
// turn to their caller, and Leave calls its Start.
package turn

import (
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/ring"
)

// Task is work that begins when it gets the turn.
type Task interface {
	// Start begins the task in a goroutine of its own. It must not block.
	Start()
}

// Queue passes one turn from task to task, in the order in which they were added.
// The zero value is a queue whose turn is free. It is safe for concurrent use.
type Queue struct {
	mu    sync.Mutex
	taken bool
	late  Output            // has a result of a task that has passed the turn on; nil: none
	list  ring.Queue[entry] // waiting entries
}

// entry is a task to begin, or a turn to resume.
type entry struct {
	task Task
	turn *Turn
}

// Output receives the results of tasks.
type Output interface {
	// Hurry writes delayed results at once.
	Hurry()
}

// Late records that the task that has the turn will write its result to o after it has passed the turn
// on. It must then call Written.
func (q *Queue) Late(o Output) {
	q.mu.Lock()
	before := q.late
	q.late = o
	q.mu.Unlock()
	if before != nil && before != o {
		before.Hurry()
	}
}

// Written records that the result was written to o.
func (q *Queue) Written(o Output) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.late == o {
		q.late = nil
	}
}

// Add queues task. If it returns true, the turn was free and the task has it: the
// caller must run it. Otherwise the goroutine that passes the turn on starts it.
func (q *Queue) Add(task Task) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.add(entry{task: task})
}

// take takes the turn if it is free.
func (q *Queue) take() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken {
		return false
	}
	q.taken = true
	return true
}

// add queues e, or returns true: e has the turn. q.mu is held.
func (q *Queue) add(e entry) bool {
	if !q.taken {
		q.taken = true
		return true
	}
	q.list.Push(e)
	return false
}

// Len returns the number of waiting tasks and turns.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.list.Len()
}

// Taken reports whether a task has the turn.
func (q *Queue) Taken() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken
}

// pass gives the turn to the next entry. If that is a task, it returns it for the
// caller to begin; it returns nil if none waits or if a turn is resumed. q.mu is held.
func (q *Queue) pass() Task {
	if !q.taken {
		panic("turn: passed on by a task that does not have it")
	}
	for q.list.Len() > 0 {
		e := q.list.Pop()
		if e.turn == nil {
			return e.task
		}
		if e.turn.resumed() {
			return nil
		}
	}
	q.taken = false
	return nil
}
