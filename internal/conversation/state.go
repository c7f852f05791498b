package conversation

import (
	"net"
	"time"
)

// State is what a connection is at one moment, for those who look on.
type State struct {
	Conn     net.Conn
	Peer     string
	Settings *Settings
	Began    time.Time
	Ended    bool // only handlers are left
	Closing  bool // by Shutdown

	Calls, CallsTotal       int64
	Requests, RequestsTotal int64
	Running                 int64 // of Requests: with a handler that has begun
	PendingIn, PendingOut   int64 // bytes
}

// States returns the state of each connection that is open or has handlers, in no order.
func (k *Counters) States() []State {
	k.mu.Lock()
	conns := make([]*Conn, 0, len(k.open))
	for c := range k.open {
		conns = append(conns, c)
	}
	k.mu.Unlock()
	states := make([]State, len(conns))
	for i, c := range conns {
		states[i] = c.state()
	}
	return states
}

func (c *Conn) state() State {
	s := State{Conn: c.conn, Peer: c.Peer, Settings: c.set, Began: c.began, PendingOut: c.out.Pending()}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Ended, s.Closing = c.err != nil, c.ending.shutdown != notShutDown
	s.Calls, s.CallsTotal = int64(c.calls.len()), c.count.calls
	s.Requests, s.RequestsTotal = int64(c.ledger.open), c.count.requests
	s.Running, s.PendingIn = int64(c.ledger.running), c.ledger.bytes
	return s
}
