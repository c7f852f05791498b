package frame

import (
	"context"
	"errors"
)

// WriteNow is Write for a caller that must not wait, and so may exceed the
// limit, by a quarter of it or at least 1 MiB. Past that it returns ErrFull.
func (w *Writer) WriteNow(b *Buffer) error {
	mine, err := w.enqueue(nil, b) //nolint:staticcheck // no context: it does not wait
	if mine {
		w.flush(maxRounds)
	}
	return err
}

// ErrFull says that too much waits for the peer.
var ErrFull = errors.New("too many bytes wait for the peer")

// Crowded reports whether half of the limit is reached.
func (w *Writer) Crowded() bool { return w.crowded.Load() }

// Room waits while the limit is reached, until ctx ends or writing has failed.
// Who waits here before encoding a frame holds no buffer meanwhile: 500 replies
// of 1 MB to a peer that does not read are 500 MB otherwise. One waits for the
// writer and the others in line behind it, so that room for one wakes one.
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
