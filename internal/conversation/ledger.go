package conversation

import "github.com/aiomas-go/aiomas-go/internal/invariant"

// ledger counts the requests of the peer from their arrival until they are answered or given
// up; Conn.mu guards it. The zero value is empty.
type ledger struct {
	bytes   int64         // of open minus sending, for Settings.PendingIn
	open    int32         // neither answered nor given up
	running int32         // of open: handlers running
	sending int32         // of open: the answer is being passed to the writer
	ended   bool          // the connection has ended: only requests with running handlers are open
	idle    chan struct{} // closed when open becomes 0; nil until needed
}

// counted returns the number of requests that count for limits. A request whose answer is being
// sent does not count, since the peer may send the next one as soon as it receives the answer.
// But it is open until the writer has accepted the answer, which Shutdown waits for.
func (l *ledger) counted() int { return int(l.open - l.sending) }

// add adds r, which has arrived.
func (l *ledger) add(r *Request) {
	l.open++
	l.bytes += r.size
	l.check()
}

// run records that the handler of an open request begins.
func (l *ledger) run() {
	l.running++
	l.check()
}

// send records that the answer to r is being passed to the writer.
func (l *ledger) send(r *Request) {
	if l.ended {
		return
	}
	invariant.Check(!r.sending, "an answer is sent once")
	r.sending = true
	l.sending++
	l.bytes -= r.size
	l.check()
}

// unsend undoes send: the writer did not accept the answer.
func (l *ledger) unsend(r *Request) {
	if !r.sending {
		return
	}
	r.sending = false
	if !l.ended {
		l.sending--
		l.bytes += r.size
		l.check()
	}
}

// done removes r, which is answered or given up.
func (l *ledger) done(r *Request) {
	l.unsend(r)
	if !l.ended {
		l.bytes -= r.size
	}
	l.open--
	l.check()
	l.wake()
}

// ran records that the handler of r has returned, and removes r.
func (l *ledger) ran(r *Request) {
	l.running--
	l.done(r)
}

// end gives up all requests without a running handler: the connection has ended.
func (l *ledger) end() {
	l.ended = true
	l.open, l.sending, l.bytes = l.running, 0, 0
	l.wake()
}

// whenIdle returns a channel that is closed when no request is open, or nil if none is.
func (l *ledger) whenIdle() <-chan struct{} {
	if l.open == 0 {
		return nil
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	return l.idle
}

func (l *ledger) wake() {
	if l.open == 0 && l.idle != nil {
		close(l.idle)
		l.idle = nil
	}
}

func (l *ledger) check() {
	if !invariant.On {
		return
	}
	invariant.Check(0 <= l.running && l.running <= l.open, "handlers run for open requests")
	invariant.Check(0 <= l.sending && l.sending <= l.open, "answers are sent to open requests")
	invariant.Check(l.bytes >= 0 && (l.bytes == 0 || l.counted() > 0), "bytes are those of open requests")
}
