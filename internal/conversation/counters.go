package conversation

import (
	"sync"
	"sync/atomic"
)

// Counters count what connections do. The zero value is ready; any number of
// connections may share one.
type Counters struct {
	mu    sync.Mutex
	open  map[*Conn]struct{} // connections with counts of their own
	ended counts             // of connections that are not in open any more

	Connections        atomic.Int64
	ConnectionsTotal   atomic.Int64
	ConnectionsRefused atomic.Int64
	callsFailed        atomic.Int64
	requestsFailed     atomic.Int64
	requestsRefused    atomic.Int64
	repliesDropped     atomic.Int64
	protocolErrors     atomic.Int64
}

// Snapshot are the counts at one moment; see aiomas.MetricsSnapshot.
type Snapshot struct {
	Connections        int64
	ConnectionsTotal   int64
	ConnectionsRefused int64
	Calls              int64
	CallsTotal         int64
	CallsFailed        int64
	Requests           int64
	RequestsTotal      int64
	RequestsFailed     int64
	RequestsRefused    int64
	RepliesDropped     int64
	ProtocolErrors     int64
}

// counts are those that change with every call. Each connection has its own, under
// the lock that it takes anyway: cores that count into one place wait for each
// other, for as long as all the rest of a call takes.
type counts struct {
	calls, requests int64 // ever
	givenUp         int64 // calls without a caller whose replies have not come; see Tally
}

// join makes k count what c does.
func (k *Counters) join(c *Conn) {
	k.Connections.Add(1)
	k.ConnectionsTotal.Add(1)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open == nil {
		k.open = make(map[*Conn]struct{})
	}
	k.open[c] = struct{}{}
}

// leave takes over the counts of c, unless some of its handlers still run. It is
// called when the connection has ended, and again by the last of them.
func (k *Counters) leave(c *Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending.finish()
	if _, ok := k.open[c]; ok && c.ledger.open == 0 {
		delete(k.open, c)
		k.ended.calls += c.count.calls
		k.ended.requests += c.count.requests
	}
}

// Snapshot returns the counts.
func (k *Counters) Snapshot() Snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	total := k.ended
	var calls, requests int64
	for c := range k.open {
		c.mu.Lock()
		total.calls += c.count.calls
		total.requests += c.count.requests
		calls += int64(c.calls.len())
		requests += int64(c.ledger.open)
		c.mu.Unlock()
	}
	return Snapshot{
		Connections:        k.Connections.Load(),
		ConnectionsTotal:   k.ConnectionsTotal.Load(),
		ConnectionsRefused: k.ConnectionsRefused.Load(),
		Calls:              calls,
		CallsTotal:         total.calls,
		CallsFailed:        k.callsFailed.Load(),
		Requests:           requests,
		RequestsTotal:      total.requests,
		RequestsFailed:     k.requestsFailed.Load(),
		RequestsRefused:    k.requestsRefused.Load(),
		RepliesDropped:     k.repliesDropped.Load(),
		ProtocolErrors:     k.protocolErrors.Load(),
	}
}
