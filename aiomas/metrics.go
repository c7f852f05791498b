package aiomas

import (
	"encoding/json"
	"sync"
	"sync/atomic"
)

// Metrics counts what connections do. The zero value is ready; one Metrics may be
// shared by any number of servers and clients with [WithMetrics]. It satisfies
// expvar.Var:
//
//	expvar.Publish("aiomas", metrics)
//
// It is safe for concurrent use.
type Metrics struct {
	mu    sync.Mutex
	open  map[*Channel]struct{} // channels with counts of their own
	ended counts                // of channels that are not in open any more

	connections        atomic.Int64
	connectionsTotal   atomic.Int64
	connectionsRefused atomic.Int64
	callsFailed        atomic.Int64
	requestsFailed     atomic.Int64
	requestsRefused    atomic.Int64
	repliesDropped     atomic.Int64
	protocolErrors     atomic.Int64
}

// MetricsSnapshot are the counts at one moment. Totals only grow.
type MetricsSnapshot struct {
	Connections        int64 `json:"connections"`         // open now
	ConnectionsTotal   int64 `json:"connections_total"`   // ever opened
	ConnectionsRefused int64 `json:"connections_refused"` // closed at once because of Limits.Connections
	Calls              int64 `json:"calls"`               // requests of this end that wait for their reply now
	CallsTotal         int64 `json:"calls_total"`         // requests sent
	CallsFailed        int64 `json:"calls_failed"`        // of these, ended in an error: an exception, given up, connection lost
	Requests           int64 `json:"requests"`            // requests of peers being handled or queued now
	RequestsTotal      int64 `json:"requests_total"`      // requests that arrived
	RequestsFailed     int64 `json:"requests_failed"`     // of these, answered with an exception
	RequestsRefused    int64 `json:"requests_refused"`    // of these, refused unhandled: limit, shutdown, unreadable content
	RepliesDropped     int64 `json:"replies_dropped"`     // replies that came for no call, and own ones past WithReplyDeadline
	ProtocolErrors     int64 `json:"protocol_errors"`     // connections that ended because the peer broke the protocol
}

// counts are those that change with every call. Each channel has its own, under
// the lock that it takes anyway: cores that count into one place wait for each
// other, for as long as all the rest of a call takes.
type counts struct {
	calls, requests int64 // ever
}

// join makes m count what c does.
func (m *Metrics) join(c *Channel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		m.open = make(map[*Channel]struct{})
	}
	m.open[c] = struct{}{}
}

// leave takes over the counts of c, unless some of its handlers still run. It is
// called when the connection has ended, and again by the last of them.
func (m *Metrics) leave(c *Channel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.over = true
		if c.done != nil {
			close(c.done)
		}
	}
	if _, ok := m.open[c]; ok && c.running == 0 {
		delete(m.open, c)
		m.ended.calls += c.count.calls
		m.ended.requests += c.count.requests
	}
}

// Snapshot returns the counts.
func (m *Metrics) Snapshot() MetricsSnapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	total := m.ended
	var calls, requests int64
	for c := range m.open {
		c.mu.Lock()
		total.calls += c.count.calls
		total.requests += c.count.requests
		calls += int64(c.calls.len())
		requests += int64(c.running)
		c.mu.Unlock()
	}
	return MetricsSnapshot{
		Connections:        m.connections.Load(),
		ConnectionsTotal:   m.connectionsTotal.Load(),
		ConnectionsRefused: m.connectionsRefused.Load(),
		Calls:              calls,
		CallsTotal:         total.calls,
		CallsFailed:        m.callsFailed.Load(),
		Requests:           requests,
		RequestsTotal:      total.requests,
		RequestsFailed:     m.requestsFailed.Load(),
		RequestsRefused:    m.requestsRefused.Load(),
		RepliesDropped:     m.repliesDropped.Load(),
		ProtocolErrors:     m.protocolErrors.Load(),
	}
}

// String returns the snapshot as JSON.
func (m *Metrics) String() string {
	b, err := json.Marshal(m.Snapshot())
	if err != nil {
		return "{}" // not with a struct of integers
	}
	return string(b)
}

// WithMetrics makes connections count into m.
func WithMetrics(m *Metrics) Option { return setting(func(cfg *config) { cfg.metrics = m }) }
