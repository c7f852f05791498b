package frame

import (
	"context"
	"errors"
)

// WriteNow is Write for a caller that must not wait. It may exceed the limit by
// a quarter, at least by 1 MiB; beyond that it returns ErrFull.
func (w *Writer) WriteNow(b *Buffer) error {
	mine, err := w.enqueue(nil, b, false) //nolint:staticcheck // no context: it does not wait
	if mine {
		w.flush(maxRounds)
	}
	return err
}

// ErrFull means that too many bytes are pending.
var ErrFull = errors.New("too many bytes wait for the peer")

// Crowded reports whether at least half of the limit is pending.
func (w *Writer) Crowded() bool { return w.crowded.Load() }

// Room waits while the limit is reached, until ctx ends or writing has failed.
// A caller that waits here before encoding a frame needs no buffer meanwhile:
// otherwise 500 replies of 1 MB to a peer that does not read take 500 MB. One
// caller waits for the writer and the others queue behind it, so that room for
// one frame wakes one caller.
func (w *Writer) Room(ctx context.Context) error {
	if !w.crowded.Load() {
		return nil
	}
	w.mu.Lock()
	if w.line == nil { // most connections never need it
		w.line = make(chan struct{}, 1)
	}
	line := w.line
	w.mu.Unlock()
	select {
	case line <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-line }()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && w.pending >= w.limit {
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
	return w.err
}
