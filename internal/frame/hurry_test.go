package frame

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// slowSink is a sink whose TryWrite takes until leave is closed, as a system call on a busy
// machine does.
type slowSink struct {
	*sink
	leave chan struct{}
}

func (s *slowSink) TryWrite(p []byte) (int, error) {
	<-s.leave
	return s.sink.TryWrite(p)
}

// Hurry waits for a write that has begun, so that what its caller sends next to somebody
// else is later.
func TestHurryWaitsForAWriteThatHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newSink(t, 1<<20)
		slow := &slowSink{s, make(chan struct{})}
		w.conn = slow
		go func() {
			if err := w.Write(t.Context(), newFrame(make([]byte, 10)), false); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		var hurried atomic.Bool
		go func() {
			w.Hurry()
			hurried.Store(true)
		}()
		synctest.Wait()
		if hurried.Load() {
			t.Error("Hurry did not wait")
		}
		close(slow.leave)
		synctest.Wait()
		if !hurried.Load() {
			t.Error("Hurry waits after the write")
		}
		s.expect(10, 1)
	})
}

// Hurry does not wait for a peer that does not read.
func TestHurryDoesNotWaitForThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newSink(t, 1<<20)
		s.gate = make(chan struct{})
		write(t, w, 1, 10)
		synctest.Wait()
		w.Hurry()
		close(s.gate)
		if err := w.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		w.Wait()
	})
}
