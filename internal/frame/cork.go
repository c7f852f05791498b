package frame

const (
	// Minimum number of corked frames that are written together; a quarter of all
	// frames if that is more. Writing in pieces gives the peer work while the
	// remaining frames are built. With 100 calls in flight, pieces of 24 or 32
	// gave 1.2 times the calls per second of a single piece; pieces of 16 gave
	// less, since each piece wakes the peer.
	corkFrames = 24
	// A larger number of queued bytes is written at once.
	corkBytes = 32 << 10
)

// Cork delays small frames, so that they are written together. The caller is about
// to write n frames and must then call Uncork. Frames of other goroutines are
// delayed, too.
func (w *Writer) Cork(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corked, w.delayed, w.piece = true, 0, int32(max(corkFrames, n/4)) //nolint:gosec // n is a number of requests
}

// delays reports whether the frame queued last is delayed; w.mu is held.
func (w *Writer) delays() bool {
	if !w.corked {
		return false
	}
	if w.delayed++; w.delayed < w.piece && w.pending < min(corkBytes, w.limit/4) {
		return true
	}
	w.delayed = 0
	return false
}

// Uncork writes the delayed frames. Without a preceding Cork it does nothing.
func (w *Writer) Uncork() {
	if w.uncork(false) {
		w.flush(maxRounds)
	}
}

// UncorkSoon is Uncork for a caller that must not write.
func (w *Writer) UncorkSoon() {
	if w.uncork(true) {
		w.spawn(w.flushSoon)
	}
}

// uncork ends the delay and reports whether the caller must write the queue.
func (w *Writer) uncork(yields bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.corked {
		return false
	}
	w.corked = false
	if w.writing || len(w.queue) == 0 || w.err != nil {
		return false
	}
	w.writing, w.yields = true, yields
	return true
}

// InOrder reports whether frames are written when they are queued, not later by a
// goroutine, as for a [TryWriter] that is no [Pipe].
func (w *Writer) InOrder() bool { return w.inOrder }
