package conversation

import "sync/atomic"

// Counters count what connections do. The zero value is ready to use. Any number of
// connections can share one.
type Counters struct {
	census

	Connections        atomic.Int64
	ConnectionsTotal   atomic.Int64
	ConnectionsRefused atomic.Int64
	callsFailed        atomic.Int64
	requestsFailed     atomic.Int64
	requestsRefused    atomic.Int64
	repliesDropped     atomic.Int64
	protocolErrors     atomic.Int64
}

// Snapshot has the counts at one instant; see aiomas.MetricsSnapshot.
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

// Snapshot returns the counts.
func (k *Counters) Snapshot() Snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	total, calls, requests := k.sum()
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
