package conversation

// shutdown is the progress of Shutdown.
type shutdown uint8

const (
	notShutDown shutdown = iota
	draining             // requests are refused, and handlers finish
	drained              // all answers are sent: it no longer matters which end closes
)

// ending is the progress of the end of a connection; Conn.mu guards it. Conn.err is set when it
// begins.
type ending struct {
	shutdown shutdown
	over     bool          // the connection and its reader goroutine have ended
	done     chan struct{} // closed when over is set; nil until needed
}

// reach records that Shutdown has reached s.
func (e *ending) reach(s shutdown) { e.shutdown = max(e.shutdown, s) }

// whenOver returns a channel that is closed when the connection has ended.
func (e *ending) whenOver() <-chan struct{} {
	if e.done == nil { // an idle connection has none
		e.done = make(chan struct{})
		if e.over {
			close(e.done)
		}
	}
	return e.done
}

// finish records that the connection has ended. It may be called more than once.
func (e *ending) finish() {
	if e.over {
		return
	}
	e.over = true
	if e.done != nil {
		close(e.done)
	}
}
