package frame

import (
	"bytes"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// sink records writes. While gate is not nil, TryWrite accepts nothing, and each
// Write waits for the gate.
type sink struct {
	net.Conn
	t       *testing.T
	gate    chan struct{}
	writers atomic.Int32
	got     bytes.Buffer
	sizes   []int
}

func (s *sink) SetWriteDeadline(time.Time) error { return nil }

func (s *sink) TryWrite(p []byte) (int, error) {
	if s.writers.Add(1) > 1 {
		s.t.Error("two write at once")
	}
	defer s.writers.Add(-1)
	if s.gate != nil {
		return 0, nil
	}
	s.sizes = append(s.sizes, len(p))
	return s.got.Write(p)
}

func (s *sink) Write(p []byte) (int, error) {
	if s.writers.Add(1) > 1 {
		s.t.Error("two write at once")
	}
	defer s.writers.Add(-1)
	<-s.gate
	s.sizes = append(s.sizes, len(p))
	return s.got.Write(p)
}

// expect checks the writes since the last call: each of the given number of frames
// of n bytes.
func (s *sink) expect(n int, frames ...int) {
	s.t.Helper()
	for i := range frames {
		frames[i] *= n + HeaderSize
	}
	if !slices.Equal(s.sizes, frames) {
		s.t.Errorf("%d bytes were written, want %d", s.sizes, frames)
	}
	s.sizes = nil
}

func newSink(t *testing.T, limit int64) (*sink, *Writer) {
	t.Helper()
	s := &sink{t: t}
	return s, NewWriter(s, limit, time.Minute, func(err error) { t.Errorf("failed: %v", err) })
}

func write(t *testing.T, w *Writer, frames, n int) {
	t.Helper()
	for range frames {
		if err := w.Write(t.Context(), newFrame(make([]byte, n)), false); err != nil {
			t.Fatal(err)
		}
	}
}

// Corked frames are written in pieces, the last ones by Uncork, and none is
// delayed after that.
func TestCork(t *testing.T) {
	s, w := newSink(t, 1<<20)
	w.Cork(0)
	write(t, w, corkFrames-1, 10)
	s.expect(10)
	write(t, w, corkFrames+2, 10)
	s.expect(10, corkFrames, corkFrames)
	write(t, w, 2, 10)
	w.Uncork()
	s.expect(10, 3)
	w.Uncork()
	s.expect(10)
	write(t, w, 2, 10)
	s.expect(10, 1, 1)

	w.Cork(400)
	write(t, w, 250, 10)
	s.expect(10, 100, 100)
	w.Cork(0) // another piece; what waits leaves with it
	write(t, w, corkFrames, 10)
	s.expect(10, 50+corkFrames)
	w.Uncork()
	s.expect(10)
}

// Large frames are not delayed, nor frames that fill much of the limit, since
// other writers may wait for room.
func TestCorkHoldsLittle(t *testing.T) {
	const size = 4<<10 - HeaderSize
	s, w := newSink(t, 1<<20)
	w.Cork(1000)
	write(t, w, 20, size)
	s.expect(size, 8, 8) // of 32 KiB
	w.Uncork()
	s.expect(size, 4)

	s, w = newSink(t, 32<<10)
	w.Cork(1000)
	write(t, w, 3, size)
	s.expect(size, 2) // a quarter of the limit
	w.Uncork()
	s.expect(size, 1)
}

// Uncork leaves the queue to a goroutine that is already writing.
func TestUncorkBesideAWriter(t *testing.T) {
	for _, uncork := range []func(*Writer){(*Writer).Uncork, (*Writer).UncorkSoon} {
		synctest.Test(t, func(t *testing.T) {
			s, w := newSink(t, 1<<20)
			s.gate = make(chan struct{})
			write(t, w, 1, 10)
			synctest.Wait() // a goroutine is writing
			w.Cork(0)
			write(t, w, 3, 10)
			uncork(w)
			synctest.Wait()
			s.expect(10)
			close(s.gate)
			if err := w.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			s.expect(10, 1, 3)
			if w.Pending() != 0 {
				t.Errorf("%d bytes are pending", w.Pending())
			}
			w.Wait()
		})
	}
}

func TestUncorkSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newSink(t, 1<<20)
		w.Cork(0)
		write(t, w, 3, 10)
		w.UncorkSoon()
		w.UncorkSoon()
		synctest.Wait()
		s.expect(10, 3)
	})
}

// After Abort nothing is written, and no goroutine begins that Wait could miss.
func TestUncorkAfterAbort(t *testing.T) {
	s, w := newSink(t, 1<<20)
	w.Cork(0)
	write(t, w, 3, 10)
	w.Abort(io.ErrClosedPipe)
	w.Uncork()
	w.UncorkSoon()
	w.writing = true // as it is for who was about to leave the writing to a goroutine
	w.spawn(func() { t.Error("a goroutine was started") })
	if w.writing {
		t.Error("nobody writes any more")
	}
	w.Wait()
	s.expect(10)
}
