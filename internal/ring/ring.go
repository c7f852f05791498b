// Package ring has a queue that reuses its memory.
package ring

// Queue is a first-in, first-out queue. The zero value is empty. It must not be copied, and is not safe
// for concurrent use.
type Queue[T any] struct {
	list  []T // the elements, from head on
	head  int
	first [1]T // backing array of list while there is one element at a time
}

// kept is the capacity, in elements, that an empty queue keeps.
const kept = 64

// Len returns the number of elements.
func (q *Queue[T]) Len() int { return len(q.list) - q.head }

// Push adds v at the end.
func (q *Queue[T]) Push(v T) {
	if q.head > 0 && len(q.list) == cap(q.list) {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	if q.list == nil {
		q.list = q.first[:0]
	}
	q.list = append(q.list, v)
}

// Pop removes the first element and returns it. The queue must not be empty.
func (q *Queue[T]) Pop() T {
	v := q.list[q.head]
	clear(q.list[q.head : q.head+1])
	if q.head++; q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
		if cap(q.list) > kept {
			q.list = nil
		}
	}
	return v
}
