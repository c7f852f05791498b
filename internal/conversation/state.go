package conversation

import (
	"net"
	"time"
)

// State is the state of a connection at one instant, for observers.
type State struct {
	Conn     net.Conn
	Peer     string
	Settings *Settings
	Began    time.Time
	Ended    bool // only handlers still run
	Closing  bool // by Shutdown

	Calls, CallsTotal       int64
	Requests, RequestsTotal int64
	Running                 int64 // of Requests: those with a running handler
	PendingIn, PendingOut   int64 // bytes
}

// States returns the states of the connections that are open or have running handlers, in no particular order.
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
	s := State{Conn: c.conn, Peer: c.Peer(), Settings: c.set, Began: time.Unix(0, c.began), PendingOut: c.out.Pending()}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Ended, s.Closing = c.err != nil, c.ending.shutdown != notShutDown
	s.Calls, s.CallsTotal = int64(c.calls.len()), c.count.calls
	s.Requests, s.RequestsTotal = int64(c.ledger.open), c.count.requests
	s.Running, s.PendingIn = int64(c.ledger.running), c.ledger.bytes
	return s
}
