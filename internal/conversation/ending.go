package conversation

// shutdown is how far Shutdown is.
type shutdown uint8

const (
	notShutDown shutdown = iota
	draining             // requests are refused, handlers may finish
	drained              // all answers have left; it does not matter any more who closes
)

// ending is how far the end of a connection is; Conn.mu guards it. The end itself is
// Conn.err.
type ending struct {
	shutdown shutdown
	over     bool          // the connection and its reader goroutine are gone
	done     chan struct{} // closed when over is set; nil unless someone waits
}

// reach says that Shutdown has come to s.
func (e *ending) reach(s shutdown) { e.shutdown = max(e.shutdown, s) }

// whenOver returns what is closed when the connection is gone.
func (e *ending) whenOver() <-chan struct{} {
	if e.done == nil { // an idle connection has none
		e.done = make(chan struct{})
		if e.over {
			close(e.done)
		}
	}
	return e.done
}

// finish says that the connection is gone. It may be said again.
func (e *ending) finish() {
	if e.over {
		return
	}
	e.over = true
	if e.done != nil {
		close(e.done)
	}
}
