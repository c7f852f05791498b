package ring_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/aiomas-go/aiomas-go/internal/ring"
)

// A Queue returns what a slice would, in the same order.
func TestQueueIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q ring.Queue[int]
		var want []int
		for i := range rapid.IntRange(1, 400).Draw(t, "steps") {
			if len(want) == 0 || rapid.Bool().Draw(t, "push") {
				q.Push(i)
				want = append(want, i)
			} else {
				if got := q.Pop(); got != want[0] {
					t.Fatalf("got %d, want %d", got, want[0])
				}
				want = want[1:]
			}
			if q.Len() != len(want) {
				t.Fatalf("length %d, want %d", q.Len(), len(want))
			}
		}
	})
}

// One element at a time needs no memory.
func TestQueueOfOneDoesNotAllocate(t *testing.T) {
	var q ring.Queue[int]
	if n := testing.AllocsPerRun(100, func() { q.Push(1); q.Pop() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
