package peer

import (
	"testing"
	"testing/synctest"
	"time"
)

// The time of a call counts from its intended time, also if it is made later.
func TestScheduleAtARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSchedule(Work{Name: "add"}, 100, 1000, 1000)
		s.Start()
		time.Sleep(10*time.Millisecond + 200*time.Microsecond) //nolint:forbidigo // the time of the bubble
		if end, wait := s.Due(0); end != 11 || wait != 800*time.Microsecond {
			t.Errorf("%d calls are due, the next one in %v", end, wait)
		}
		s.Made(4)
		s.Done(4)
		if want := int64(6200 * time.Microsecond); s.late[4] != want || s.took[4] != want {
			t.Errorf("late %d, took %d", s.late[4], s.took[4])
		}
		time.Sleep(time.Second) //nolint:forbidigo // the time of the bubble
		if end, wait := s.Due(11); end != 100 || wait != 0 {
			t.Errorf("at the end: %d, %v", end, wait)
		}
	})
}

// For the peak, calls are due as long as few enough are unanswered.
func TestScheduleOfPeak(t *testing.T) {
	s := NewSchedule(Work{Name: "add"}, 10, 0, 4)
	s.Start()
	if end, wait := s.Due(0); end != 4 || wait != 0 {
		t.Errorf("at first: %d, %v", end, wait)
	}
	s.Done(0)
	if end, _ := s.Due(4); end != 5 {
		t.Errorf("after a reply: %d", end)
	}
	for i := range 9 {
		s.Done(i + 1)
	}
	if end, _ := s.Due(5); end != 10 || !s.Finished() {
		t.Errorf("at the end: %d, finished %t", end, s.Finished())
	}
}

// Slow calls are not counted.
func TestScheduleOfMixed(t *testing.T) {
	s := NewSchedule(Work{Name: "mixed"}, 200, 0, 1000)
	s.Start()
	counted := 0
	for i := range 200 {
		s.Done(i)
		if s.took[i] > 0 {
			counted++
		}
	}
	if counted != 198 || !s.Finished() {
		t.Errorf("%d are counted, finished %t", counted, s.Finished())
	}
}
