package conversation

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

func TestOneReaderIsStarted(t *testing.T) {
	var r reader
	token, first := r.start()
	if !first {
		t.Fatal("nobody reads")
	}
	r.role.Check(token)
	if _, again := r.start(); again {
		t.Error("two read")
	}
}

// The most urgent of the tasks that the messages of one read ask for is done.
func TestReaderDoesOneTask(t *testing.T) {
	turn := new(Request)
	for _, c := range []struct {
		name   string
		plan   func(r *reader)
		want   task
		handed bool
	}{
		{"nothing", func(*reader) {}, readOn, false},
		{"inline", func(r *reader) { r.plan(taskInline) }, taskInline, false},
		{"a lone request", func(r *reader) { r.plan(taskQueued) }, taskQueued, true},
		{"inline, then a lone request", func(r *reader) { r.plan(taskInline); r.plan(taskQueued) }, taskQueued, true},
		{"a lone request is not forgotten", func(r *reader) { r.plan(taskQueued); r.plan(taskInline) }, taskQueued, true},
		{"a turn", func(r *reader) { r.planTurn(turn) }, taskTurn, true},
		{"inline, then a turn", func(r *reader) { r.plan(taskInline); r.planTurn(turn) }, taskTurn, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r reader
			c.plan(&r)
			if r.task != c.want {
				t.Errorf("task %d, want %d", r.task, c.want)
			}
			if r.task == taskTurn && r.takeTurn() != turn {
				t.Error("another request than the one that has its turn")
			}
			if got := r.begin(); got != c.handed || r.task != readOn {
				t.Errorf("handed over: %v; then task %d", got, r.task)
			}
		})
	}
	r := reader{task: taskQueued}
	if r.planTurn(turn) {
		t.Error("one goroutine is to handle two requests at once")
	}
}

func TestTurnIsTakenOnce(t *testing.T) {
	r := reader{turn: new(Request)}
	r.takeTurn()
	if !breaks(func() { r.takeTurn() }) {
		t.Error("it is taken twice")
	}
}

// breaks tells whether f breaks an invariant, where that is checked; else true.
func breaks(f func()) (broken bool) {
	if !invariant.On {
		return true
	}
	defer func() { broken = recover() != nil }()
	f()
	return false
}
