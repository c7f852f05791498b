package turn_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/turn"
)

// actor runs functions in the turns of one queue, as a connection runs handlers.
type actor struct {
	queue turn.Queue
	wg    sync.WaitGroup
}

type job struct {
	actor *actor
	run   func(*turn.Turn)
}

func (j *job) Start() { go j.work() }

func (j *job) work() {
	for j != nil {
		var t turn.Turn
		t.Begin(&j.actor.queue)
		j.run(&t)
		j.actor.wg.Done()
		next := t.Finish()
		j, _ = next.(*job)
	}
}

func (a *actor) add(run func(*turn.Turn)) {
	a.wg.Add(1)
	j := &job{a, run}
	if a.queue.Add(j) {
		j.Start()
	}
}

// wait leaves t until event is closed.
func wait(t *turn.Turn, event <-chan struct{}) {
	t.Leave()
	<-event
	wake := make(chan struct{}, 1)
	t.Resume(wake)
	<-wake
}

func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTasksRunOneByOneInTheOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a actor
		var seen []int // no mutex: the race detector sees whether turns overlap
		for i := range 100 {
			a.add(func(*turn.Turn) {
				time.Sleep(time.Duration(100-i) * time.Millisecond) //nolint:forbidigo // in a bubble
				seen = append(seen, i)
			})
		}
		a.wg.Wait()
		synctest.Wait()
		if !slices.IsSorted(seen) || len(seen) != 100 {
			t.Errorf("order %v", seen)
		}
		if a.queue.Taken() || a.queue.Len() != 0 {
			t.Error("the queue is not empty and free at the end")
		}
	})
}

func TestATaskThatWaitsGoesOnBehindThoseThatCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a actor
		var log []string
		event := make(chan struct{})
		a.add(func(tn *turn.Turn) {
			log = append(log, "a begins")
			wait(tn, event)
			log = append(log, "a goes on")
		})
		synctest.Wait()
		hold := make(chan struct{})
		a.add(func(*turn.Turn) { <-hold; log = append(log, "b") })
		a.add(func(*turn.Turn) { log = append(log, "c") })
		synctest.Wait()
		close(event)
		synctest.Wait() // a is queued behind c
		a.add(func(*turn.Turn) { log = append(log, "d") })
		close(hold)
		a.wg.Wait()
		check(t, log, "a begins", "b", "c", "a goes on", "d")
	})
}

func TestThePlaceIsThatOfTheEvent(t *testing.T) {
	// The reader goroutine calls Resume; the waiting goroutine is scheduled later,
	// after other requests have arrived.
	synctest.Test(t, func(t *testing.T) {
		var a actor
		var log []string
		wake := make(chan struct{}, 1)
		var first *turn.Turn
		a.add(func(tn *turn.Turn) {
			first = tn
			tn.Leave()
			<-wake
			log = append(log, "a goes on")
		})
		synctest.Wait()
		hold := make(chan struct{})
		a.add(func(*turn.Turn) { <-hold })
		synctest.Wait()
		first.Resume(wake)
		a.add(func(*turn.Turn) { log = append(log, "b") })
		close(hold)
		a.wg.Wait()
		check(t, log, "a goes on", "b")
	})
}

func TestGoroutinesOfATaskWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a actor
		var log []string
		events := []chan struct{}{make(chan struct{}), make(chan struct{})}
		a.add(func(tn *turn.Turn) {
			var wg sync.WaitGroup
			for _, e := range events {
				wg.Go(func() { wait(tn, e) })
			}
			wg.Wait() // holds the turn, unless one of them has left it
			tn.Regain()
			log = append(log, "a")
		})
		synctest.Wait()
		a.add(func(*turn.Turn) { log = append(log, "b") })
		synctest.Wait()
		close(events[0])
		synctest.Wait() // one of them has the turn again
		a.add(func(*turn.Turn) { log = append(log, "c") })
		close(events[1])
		a.wg.Wait()
		check(t, log, "b", "a", "c")
	})
}

func TestATurnThatIsOverHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a actor
		event, hold := make(chan struct{}), make(chan struct{})
		late := make(chan struct{})
		a.add(func(tn *turn.Turn) {
			go func() {
				defer close(late)
				wait(tn, event)
			}()
			synctest.Wait() // it has left the turn
		})
		a.wg.Wait()
		a.add(func(*turn.Turn) { <-hold })
		synctest.Wait()
		close(event)
		<-late // with no turn: the task has ended
		close(hold)
		a.wg.Wait()
		synctest.Wait()
		if a.queue.Taken() {
			t.Error("the turn is not free")
		}
	})
}

func TestATaskThatEndsWhileItIsQueuedLosesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a actor
		event, hold, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
		late := make(chan struct{})
		a.add(func(tn *turn.Turn) {
			go func() {
				defer close(late)
				wait(tn, event)
			}()
			<-end
		})
		synctest.Wait()
		a.add(func(*turn.Turn) { <-hold })
		synctest.Wait()
		close(event)
		synctest.Wait() // queued
		close(end)
		<-late
		close(hold)
		a.wg.Wait()
		synctest.Wait()
		if a.queue.Taken() || a.queue.Len() != 0 {
			t.Error("the turn is not free")
		}
	})
}

func TestPassingOnATurnThatNobodyHasPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var q turn.Queue
	var tn turn.Turn
	tn.Begin(&q)
	tn.Finish()
}

// At random: many tasks, each of which waits some times; never two of them at
// once, none lost.
func TestRandomTasks(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			var a actor
			var inside atomic.Int32
			var done atomic.Int32
			counter := 0 // guarded by the turn
			enter := func() {
				if inside.Add(1) != 1 {
					t.Error("two have the turn")
				}
				counter++
				inside.Add(-1)
			}
			const tasks = 200
			for range tasks {
				waits := r.IntN(4)
				early := r.IntN(3) == 0
				a.add(func(tn *turn.Turn) {
					enter()
					for range waits {
						wake := make(chan struct{}, 1)
						tn.Leave()
						if early {
							tn.Resume(wake)
						} else {
							go tn.Resume(wake)
						}
						<-wake
						enter()
					}
					done.Add(1)
				})
			}
			a.wg.Wait()
			if done.Load() != tasks {
				t.Errorf("%d of %d tasks ended", done.Load(), tasks)
			}
		})
	}
}

func BenchmarkTurn(b *testing.B) {
	var q turn.Queue
	j := &job{}
	for b.Loop() {
		var t turn.Turn
		q.Add(j)
		t.Begin(&q)
		t.Finish()
	}
}
