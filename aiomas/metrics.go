package aiomas

import (
	"encoding/json"

	"github.com/aiomas-go/aiomas-go/internal/conversation"
)

// Metrics are counters of connections. The zero value is ready to use. Any number of
// servers and clients can share one by [WithMetrics]. It implements expvar.Var:
//
//	expvar.Publish("aiomas", metrics)
//
// It is safe for concurrent use.
type Metrics struct{ c conversation.Counters }

// MetricsSnapshot has the counts at one instant. Fields named Total, Failed, Refused and
// Dropped, and ProtocolErrors, only grow.
type MetricsSnapshot struct {
	Connections        int64 `json:"connections"`         // open
	ConnectionsTotal   int64 `json:"connections_total"`   // opened so far
	ConnectionsRefused int64 `json:"connections_refused"` // closed at once because of Limits.Connections
	Calls              int64 `json:"calls"`               // requests of this end that wait for a reply
	CallsTotal         int64 `json:"calls_total"`         // requests sent
	CallsFailed        int64 `json:"calls_failed"`        // of CallsTotal: those that returned an error
	Requests           int64 `json:"requests"`            // requests of peers, running or queued
	RequestsTotal      int64 `json:"requests_total"`      // requests received
	RequestsFailed     int64 `json:"requests_failed"`     // of RequestsTotal: those answered with an exception
	RequestsRefused    int64 `json:"requests_refused"`    // of RequestsTotal: those refused because of a limit, shutdown or unreadable content
	RepliesDropped     int64 `json:"replies_dropped"`     // received for no pending call, or ready after WithReplyDeadline
	ProtocolErrors     int64 `json:"protocol_errors"`     // connections ended because the peer broke the protocol
}

// Snapshot returns the counts.
func (m *Metrics) Snapshot() MetricsSnapshot { return MetricsSnapshot(m.c.Snapshot()) }

// String returns the snapshot as JSON.
func (m *Metrics) String() string {
	b, err := json.Marshal(m.Snapshot())
	if err != nil {
		return "{}" // unreachable for a struct of integers
	}
	return string(b)
}

// WithMetrics sets the metrics of connections.
func WithMetrics(m *Metrics) Option { return setting(func(cfg *config) { cfg.metrics = m }) }
