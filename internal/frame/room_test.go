package frame

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Senders that call Room wait while the limit is reached, and continue one after
// the other; WriteNow may exceed the limit by a little.
func TestWriterRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		w := NewWriter(a, 1000, time.Hour, func(error) {})
		if w.Crowded() || w.Room(t.Context()) != nil {
			t.Error("a new writer has no room")
		}
		big := make([]byte, 1000)
		if err := w.Write(t.Context(), newFrame(big), false); err != nil {
			t.Fatal(err)
		}
		if !w.Crowded() {
			t.Error("not crowded")
		}
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp, inLine := make(chan error), make(chan error)
		go func() { gaveUp <- w.Room(ctx) }()
		synctest.Wait()
		go func() { inLine <- w.Room(ctx) }()
		synctest.Wait()
		cancel()
		if err := errors.Join(<-gaveUp, <-inLine); !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}

		var passed atomic.Int32
		for range 100 {
			go func() {
				if err := w.Room(t.Context()); err == nil {
					passed.Add(1)
				}
			}()
		}
		synctest.Wait()
		if n := passed.Load(); n != 0 {
			t.Errorf("%d found room in a full writer", n)
		}
		n := 0
		for ; n < 2000; n++ {
			if err := w.WriteNow(newFrame(big)); errors.Is(err, ErrFull) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if n < 1000 || n > 1100 { // 1 MiB
			t.Errorf("%d frames past the limit", n)
		}
		go func() { _, _ = io.Copy(io.Discard, b) }()
		synctest.Wait()
		if n := passed.Load(); n != 100 || w.Crowded() {
			t.Errorf("%d found room in an empty writer", n)
		}
		_ = a.Close()
		_ = b.Close()
		w.Wait()
	})
}

// The end of the connection ends all waiting for room.
func TestWriterRoomEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		w := NewWriter(a, 10, time.Second, func(error) {})
		if err := w.Write(t.Context(), newFrame(make([]byte, 100)), false); err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 50)
		for range 50 {
			go func() { errs <- w.Room(t.Context()) }()
		}
		for range 50 { // the write times out
			if err := <-errs; err == nil {
				t.Error("room in a broken writer")
			}
		}
		_ = b.Close()
		w.Wait()
	})
}
