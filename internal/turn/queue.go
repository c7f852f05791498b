// Package turn serialises work: one holder at a time, in the order of arrival.
//
// A Queue is the mailbox of an actor. Tasks are added to it, and each begins when
// it gets the turn. The goroutine that runs a task has a Turn, which it leaves
// while it waits for something, so that others go on, and resumes behind those that
// came meanwhile: as a Python coroutine does at each await.
//
// The package starts no goroutine: Add and Finish hand the task that has the turn
// to their caller, and Leave calls its Start.
package turn

import "sync"

// Task is what begins when it gets the turn.
type Task interface {
	// Start begins the task in a goroutine of its own. It must not block.
	Start()
}

// Queue hands out one turn, in the order in which tasks were added. The zero value
// is a queue whose turn is free. It is safe for concurrent use.
type Queue struct {
	mu    sync.Mutex
	taken bool
	list  []entry // what waits, from head on
	head  int
}

// entry is a task that begins, or a turn that is resumed.
type entry struct {
	task Task
	turn *Turn
}

// keptQueue is how much memory an empty queue keeps, in tasks.
const keptQueue = 64

// Add puts task behind all that wait. If the result is true, the turn was free and
// the task has it: the caller runs it. Otherwise it is started by whoever passes
// the turn on.
func (q *Queue) Add(task Task) bool { return q.add(entry{task: task}) }

func (q *Queue) add(e entry) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.taken {
		q.taken = true
		return true
	}
	if q.head > 0 && len(q.list) == cap(q.list) {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	q.list = append(q.list, e)
	return false
}

// Len returns the number of tasks and turns that wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list) - q.head
}

// Taken reports whether a task has the turn.
func (q *Queue) Taken() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken
}

// pass gives the turn to the next task, which it returns for the caller to begin.
// It returns nil if none waits, or if a turn goes on that had been left.
func (q *Queue) pass() Task {
	for {
		e := q.next()
		if e.turn == nil {
			return e.task
		}
		if e.turn.resumed() {
			return nil
		}
	}
}

// next takes the oldest entry; an empty one frees the turn.
func (q *Queue) next() entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.taken {
		panic("turn: passed on by somebody who does not have it")
	}
	if q.head == len(q.list) {
		q.taken = false
		return entry{}
	}
	e := q.list[q.head]
	q.list[q.head] = entry{}
	if q.head++; q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
		if cap(q.list) > keptQueue {
			q.list = nil
		}
	}
	return e
}
