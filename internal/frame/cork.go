package frame

const (
	// Of the frames that are corked, so many leave in one piece at least, a
	// quarter if that is more: the peer has something to do while the others are
	// made. At 100 in flight, pieces of 24 or 32 made 1.2 times the calls per
	// second of one piece; of 16 less, since each wakes the peer.
	corkFrames = 24
	// More bytes than these do not wait.
	corkBytes = 32 << 10
)

// Cork makes small frames wait for others, for who is about to write n of them and
// then to Uncork. Those of others wait as well.
func (w *Writer) Cork(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corked, w.held, w.piece = true, 0, int32(max(corkFrames, n/4)) //nolint:gosec // n is a number of requests
}

// holds reports whether the frame that was queued last shall wait; w.mu is held.
func (w *Writer) holds() bool {
	if !w.corked {
		return false
	}
	if w.held++; w.held < w.piece && w.pending < min(corkBytes, w.limit/4) {
		return true
	}
	w.held = 0
	return false
}

// Uncork writes what has waited. Without a Cork before, it does nothing.
func (w *Writer) Uncork() {
	if w.uncork() {
		w.flush(maxRounds)
	}
}

// UncorkSoon is Uncork for a caller who must not write.
func (w *Writer) UncorkSoon() {
	if w.uncork() {
		w.spawn(w.flushSoon)
	}
}

// uncork reports whether the caller must see to what is queued.
func (w *Writer) uncork() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.corked {
		return false
	}
	w.corked = false
	if w.writing || len(w.queue) == 0 || w.err != nil {
		return false
	}
	w.writing = true
	return true
}

// InOrder reports whether frames are written when they come, not later: so it is for
// a connection in memory.
func (w *Writer) InOrder() bool { return w.tries }
