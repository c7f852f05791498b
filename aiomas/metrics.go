package aiomas

import (
	"encoding/json"

	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Metrics counts what connections do. The zero value is ready; one Metrics may be
// shared by any number of servers and clients with [WithMetrics]. It satisfies
// expvar.Var:
//
//	expvar.Publish("aiomas", metrics)
//
// It is safe for concurrent use.
type Metrics struct{ c conversation.Counters }

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

// Snapshot returns the counts.
func (m *Metrics) Snapshot() MetricsSnapshot { return MetricsSnapshot(m.c.Snapshot()) }

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
