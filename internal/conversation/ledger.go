package conversation

import "github.com/aiomas-go/aiomas-go/internal/invariant"

// ledger counts the requests of the peer from their arrival until they are answered
// or given up; Conn.mu guards it. The zero value has none.
type ledger struct {
	open    int           // neither answered nor given up
	running int           // of open: handlers running
	sending int           // of open: the answer is on its way to the writer
	bytes   int64         // of open without sending, for Limits.PendingIn
	ended   bool          // the connection has ended: only running handlers are open
	idle    chan struct{} // closed when open becomes 0; nil unless someone waits
}

// counted returns how many requests count for limits. One that is being sent does
// not, since the peer may send its next one as soon as it has the answer; but it is
// open until the writer has the answer, and Shutdown waits for that.
func (l *ledger) counted() int { return l.open - l.sending }

// add says that r has come.
func (l *ledger) add(r *Request) {
	l.open++
	l.bytes += r.size
	l.check()
}

// run says that the handler of an open request begins.
func (l *ledger) run() {
	l.running++
	l.check()
}

// send says that r is about to be answered.
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

// unsend takes back what send did: the writer did not take the answer.
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

// done says that r is answered or given up.
func (l *ledger) done(r *Request) {
	l.unsend(r)
	if !l.ended {
		l.bytes -= r.size
	}
	l.open--
	l.check()
	l.wake()
}

// ran says that the handler of r is done, and with it r.
func (l *ledger) ran(r *Request) {
	l.running--
	l.done(r)
}

// end says that the connection has ended: nobody waits for answers any more.
func (l *ledger) end() {
	l.ended = true
	l.open, l.sending, l.bytes = l.running, 0, 0
	l.wake()
}

// whenIdle returns what is closed when no request is open; nil: none is.
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
