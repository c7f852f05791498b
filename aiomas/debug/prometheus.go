package debug

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// exposition writes metrics in Prometheus' text format, version 0.0.4.
type exposition struct{ bytes.Buffer }

// head writes the beginning of a metric.
func (e *exposition) head(name, kind, help string) {
	e.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// sample writes one value; labels are pairs of name and value.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		e.WriteString(string("{,"[min(i, 1)]) + labels[i] + `="` + labelEscapes.Replace(strings.ToValidUTF8(labels[i+1], "\ufffd")) + `"`)
	}
	if len(labels) > 0 {
		e.WriteByte('}')
	}
	e.WriteByte(' ')
	e.Write(strconv.AppendFloat(e.AvailableBuffer(), value, 'g', -1, 64))
	e.WriteByte('\n')
}

func (e *exposition) one(name, kind, help string, value int64) {
	e.head(name, kind, help)
	e.sample(name, float64(value))
}

func (e *exposition) histogram(name, help string, h *histogram) {
	e.head(name, "histogram", help)
	t, sum := h.read(), int64(0)
	for i, n := range t.buckets {
		sum += n
		le := "+Inf"
		if i < bounds {
			le = strconv.FormatFloat(bound(i).Seconds(), 'g', -1, 64)
		}
		e.sample(name+"_bucket", float64(sum), "le", le)
	}
	e.sample(name+"_sum", t.total.Seconds())
	e.sample(name+"_count", float64(t.count))
}

// exposition returns the metrics.
func (m *Monitor) exposition() []byte {
	var e exposition
	m.countersTo(&e)
	m.flightsTo(&e)
	e.histogram("aiomas_call_duration_seconds", "Calls of this program, until their reply.", &m.calls.all)
	e.histogram("aiomas_request_duration_seconds", "Requests of peers, while a handler runs.", &m.requests.all)
	pathsTo(&e, "aiomas_call_path", "Calls of this program", m.calls.rows())
	pathsTo(&e, "aiomas_request_path", "Requests of peers", m.requests.rows())
	m.limitsTo(&e)
	agents := m.agents()
	busy, waiting, most := 0, 0, 0
	for _, a := range agents {
		if a.Busy {
			busy++
		}
		waiting, most = waiting+a.Waiting, max(most, a.Waiting)
	}
	e.one("aiomas_agents", "gauge", "Agents of watched containers.", int64(len(agents)))
	e.one("aiomas_agents_busy", "gauge", "Agents of which a call has the turn.", int64(busy))
	e.one("aiomas_agent_queue", "gauge", "Calls that wait for a turn of an agent.", int64(waiting))
	e.one("aiomas_agent_queue_longest", "gauge", "Calls that wait for the agent for which most do.", int64(most))
	_, errors := m.errors.list()
	e.one("aiomas_errors_total", "counter", "Errors of calls, of requests, and lines of the log of level Warn and above.", int64(errors))
	return e.Bytes()
}

func (m *Monitor) countersTo(e *exposition) {
	c := m.metrics.Snapshot()
	e.one("aiomas_connections", "gauge", "Connections that are open.", c.Connections)
	e.one("aiomas_connections_total", "counter", "Connections ever opened.", c.ConnectionsTotal)
	e.one("aiomas_connections_refused_total", "counter", "Connections closed at once because of Limits.Connections.", c.ConnectionsRefused)
	e.one("aiomas_calls", "gauge", "Calls of this program that wait for their reply.", c.Calls)
	e.one("aiomas_calls_total", "counter", "Calls of this program.", c.CallsTotal)
	e.one("aiomas_calls_failed_total", "counter", "Calls of this program that ended in an error.", c.CallsFailed)
	e.one("aiomas_requests", "gauge", "Requests of peers that are handled or queued.", c.Requests)
	e.one("aiomas_requests_total", "counter", "Requests of peers.", c.RequestsTotal)
	e.one("aiomas_requests_failed_total", "counter", "Requests of peers that were answered with an exception.", c.RequestsFailed)
	e.one("aiomas_requests_refused_total", "counter", "Requests of peers that were refused unhandled.", c.RequestsRefused)
	e.one("aiomas_replies_dropped_total", "counter", "Replies that came for no call, and own ones that were too late.", c.RepliesDropped)
	e.one("aiomas_protocol_errors_total", "counter", "Connections that ended because the peer broke the protocol.", c.ProtocolErrors)
}

func (m *Monitor) flightsTo(e *exposition) {
	e.head("aiomas_oldest_seconds", "gauge", "Age of the oldest call or request in flight.")
	now := time.Now()
	for _, s := range []struct {
		name string
		*side
	}{{"call", &m.calls}, {"request", &m.requests}} {
		age := 0.0
		if oldest, _ := s.inFlight(now, 1); len(oldest) > 0 {
			age = float64(oldest[0].Age) / 1e6
		}
		e.sample("aiomas_oldest_seconds", age, "kind", s.name)
	}
}

func pathsTo(e *exposition, name, help string, rows []pathRow) {
	slices.SortFunc(rows, func(a, b pathRow) int { return cmp.Compare(a.Path, b.Path) })
	for _, of := range []struct {
		suffix, help string
		value        func(*pathRow) float64
	}{
		{"_total", " by path.", func(p *pathRow) float64 { return float64(p.Calls) }},
		{"_failed_total", " that failed, by path.", func(p *pathRow) float64 { return float64(p.Errors) }},
		{"_seconds_total", ", the time of all, by path.", func(p *pathRow) float64 { return p.total.Seconds() }},
	} {
		e.head(name+of.suffix, "counter", help+of.help)
		for i := range rows {
			e.sample(name+of.suffix, of.value(&rows[i]), "path", rows[i].Path)
		}
	}
}

func (m *Monitor) limitsTo(e *exposition) {
	conns := m.metrics.Connections()
	var in, out int64
	for _, c := range conns {
		in, out = in+c.PendingIn, out+c.PendingOut
	}
	e.one("aiomas_pending_in_bytes", "gauge", "Requests that are not answered yet.", in)
	e.one("aiomas_pending_out_bytes", "gauge", "What waits for peers to read.", out)
	e.head("aiomas_limit_ratio", "gauge", "How much of a limit is used where most of it is, 1 is all.")
	for _, l := range nearest(conns) {
		e.sample("aiomas_limit_ratio", l.Ratio, "limit", l.Name)
	}
}
