package debug

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// shown is the most rows of each table on the page.
const shown = 200

// state is the content of the page. Times are in microseconds.
type state struct {
	Program    string                 `json:"program"`
	PID        int                    `json:"pid"`
	Now        time.Time              `json:"now"`
	Up         int64                  `json:"up"` // since New
	Goroutines int                    `json:"goroutines"`
	Counters   aiomas.MetricsSnapshot `json:"counters"`

	Connections     []connection `json:"connections"` // those with the most operations in progress first
	ConnectionCount int          `json:"connection_count"`
	Limits          []limit      `json:"limits"`

	Calls        []flight  `json:"calls"` // the oldest first
	CallCount    int       `json:"call_count"`
	CallPaths    []pathRow `json:"call_paths"` // those with the most total time first
	Requests     []flight  `json:"requests"`
	RequestCount int       `json:"request_count"`
	RequestPaths []pathRow `json:"request_paths"`

	Agents     []agentRow `json:"agents"` // those with the most waiting calls first
	AgentCount int        `json:"agent_count"`

	Errors     []failure `json:"errors"` // the newest first
	ErrorCount int       `json:"error_count"`
}

// connection is a connection as shown on the page.
type connection struct {
	Local      string `json:"local"`
	Remote     string `json:"remote"`
	Codec      string `json:"codec"`
	Dialled    bool   `json:"dialled"`
	State      string `json:"state"` // open, closing, ended
	Age        int64  `json:"age"`
	Calls      int64  `json:"calls"`
	CallsTotal int64  `json:"calls_total"`
	Requests   int64  `json:"requests"`
	Running    int64  `json:"running"`
	Total      int64  `json:"requests_total"`
	PendingIn  int64  `json:"pending_in"`
	PendingOut int64  `json:"pending_out"`
}

// limit is the use of a limit, on the connection or address where its use is highest.
type limit struct {
	Name  string  `json:"name"` // a field of aiomas.Limits
	Used  int64   `json:"used"`
	Limit int64   `json:"limit"`
	Ratio float64 `json:"ratio"`
	Peer  string  `json:"peer"` // the connection or address
	Unit  string  `json:"unit"` // bytes, or empty
}

// agentRow is an agent as shown on the page.
type agentRow struct {
	Addr    string `json:"addr"`
	Class   string `json:"class"`
	Waiting int    `json:"waiting"` // calls waiting for a turn
	Busy    bool   `json:"busy"`
}

func (m *Monitor) state() *state {
	now := time.Now()
	s := &state{
		Program: program(), PID: os.Getpid(), Now: now, Up: now.Sub(m.began).Microseconds(), Goroutines: runtime.NumGoroutine(),
		Counters: m.metrics.Snapshot(), CallPaths: first(m.calls.rows()), RequestPaths: first(m.requests.rows()),
	}
	conns := m.metrics.Connections()
	s.Limits = nearest(conns)
	s.ConnectionCount, s.Connections = len(conns), first(busiest(conns, now))
	s.Calls, s.CallCount = m.calls.inFlight(now, shown)
	s.Requests, s.RequestCount = m.requests.inFlight(now, shown)
	agents := m.agents()
	s.AgentCount, s.Agents = len(agents), first(agents)
	s.Errors, s.ErrorCount = m.errors.list()
	return s
}

func first[T any](rows []T) []T { return rows[:min(shown, len(rows))] }

func program() string {
	if len(os.Args) == 0 {
		return "aiomas"
	}
	return filepath.Base(os.Args[0])
}

// busiest returns the connections for the page, those with the most operations in progress
// first.
func busiest(conns []aiomas.ConnectionInfo, now time.Time) []connection {
	rows := make([]connection, len(conns))
	for i, c := range conns {
		state := "open"
		switch {
		case c.Ended:
			state = "ended"
		case c.Closing:
			state = "closing"
		}
		rows[i] = connection{
			Local: c.LocalAddr, Remote: c.RemoteAddr, Codec: c.Codec, Dialled: c.Dialled, State: state, Age: now.Sub(c.Began).Microseconds(),
			Calls: c.Calls, CallsTotal: c.CallsTotal, Requests: c.Requests, Running: c.Running, Total: c.RequestsTotal,
			PendingIn: c.PendingIn, PendingOut: c.PendingOut,
		}
	}
	slices.SortFunc(rows, func(a, b connection) int {
		return cmp.Or(
			cmp.Compare(b.Calls+b.Requests, a.Calls+a.Requests), cmp.Compare(b.CallsTotal+b.Total, a.CallsTotal+a.Total),
			strings.Compare(a.Remote, b.Remote), strings.Compare(a.Local, b.Local))
	})
	return rows
}

// nearest returns the use of each limit that can be watched, where it is highest.
func nearest(conns []aiomas.ConnectionInfo) []limit {
	limits := []limit{{Name: "Requests"}, {Name: "PendingIn", Unit: "bytes"}, {Name: "PendingOut", Unit: "bytes"}, {Name: "Connections"}}
	take := func(l *limit, used, most int64, peer string) {
		if r := float64(used) / float64(max(most, 1)); most > 0 && (l.Limit == 0 || r > l.Ratio) {
			l.Used, l.Limit, l.Ratio, l.Peer = used, most, r, peer
		}
	}
	accepted := map[string]int64{} // by local address
	for _, c := range conns {
		take(&limits[0], c.Requests, int64(c.Limits.Requests), c.RemoteAddr)
		take(&limits[1], c.PendingIn, c.Limits.PendingIn, c.RemoteAddr)
		take(&limits[2], c.PendingOut, c.Limits.PendingOut, c.RemoteAddr)
		if !c.Dialled && !c.Ended {
			accepted[c.LocalAddr]++
			take(&limits[3], accepted[c.LocalAddr], int64(c.Limits.Connections), c.LocalAddr)
		}
	}
	return slices.DeleteFunc(limits, func(l limit) bool { return l.Limit == 0 })
}

// agents returns the agents of all containers.
func (m *Monitor) agents() []agentRow {
	rows := []agentRow{}
	for _, c := range m.watched() {
		for _, a := range c.Agents() {
			waiting, busy := a.Waiting()
			rows = append(rows, agentRow{a.Addr(), a.Class(), waiting, busy})
		}
	}
	slices.SortStableFunc(rows, func(a, b agentRow) int { return cmp.Compare(b.Waiting, a.Waiting) })
	return rows
}
