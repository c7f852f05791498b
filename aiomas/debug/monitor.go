// Package debug shows the state of aiomas in a running program, as net/http/pprof and
// gRPC's channelz do for their subjects: a page with the connections, the calls in progress
// in both directions with their age, the agents and their queues, the limits and their use,
// counters, paths and the last errors; and metrics for Prometheus.
//
//	monitor := debug.New()
//	server := aiomas.NewServer(service, monitor.Option())
//	container, err := agent.NewContainer(ctx, addr, agent.WithConnection(monitor.Option()))
//	monitor.Watch(container)
//	http.Handle("/debug/aiomas/", monitor)
//
// BenchmarkCall measures its cost for each call. The page does not show the contents of
// calls, but it shows which peers call which functions, and the texts of errors: serve it
// only where you would serve pprof.
package debug

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Monitor watches the connections that have its [Monitor.Option]. It is an http.Handler for
// any pattern that ends with a slash: it serves the page there, and metrics for Prometheus
// at "metrics" below it, or at any path whose last element is "metrics". It is safe for
// concurrent use.
type Monitor struct {
	metrics  aiomas.Metrics
	began    time.Time
	calls    side // made by this program
	requests side // received from peers
	errors   lastErrors

	mu         sync.Mutex
	containers map[*agent.Container]struct{}
}

// New returns a monitor without connections.
func New() *Monitor {
	return &Monitor{began: time.Now(), containers: map[*agent.Container]struct{}{}}
}

// Metrics returns the metrics of the watched connections.
func (m *Monitor) Metrics() *aiomas.Metrics { return &m.metrics }

// Option returns an option that makes connections be watched: those of a server, a dialled
// one, or all of a container with [agent.WithConnection]. It contains interceptors and
// [aiomas.WithMetrics], which a connection can have only once.
func (m *Monitor) Option() aiomas.Option {
	return aiomas.WithOptions(
		aiomas.WithMetrics(&m.metrics),
		aiomas.WithCallInterceptors(m.call),
		aiomas.WithHandlerInterceptors(m.handle),
	)
}

// Watch makes the page show the agents of c until c has ended.
func (m *Monitor) Watch(c *agent.Container) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropEnded()
	m.containers[c] = struct{}{}
}

// watched returns the containers that have not ended, in the order of their addresses.
func (m *Monitor) watched() []*agent.Container {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropEnded()
	return slices.SortedFunc(maps.Keys(m.containers), func(a, b *agent.Container) int { return strings.Compare(a.Addr(), b.Addr()) })
}

// dropEnded removes the containers that have ended; m.mu is held.
func (m *Monitor) dropEnded() {
	maps.DeleteFunc(m.containers, func(c *agent.Container, _ struct{}) bool {
		select {
		case <-c.Done():
			return true
		default:
			return false
		}
	})
}

func (m *Monitor) call(ctx context.Context, call aiomas.Outgoing, next func(context.Context) error) error {
	o := m.calls.begin(call.Client, call.Path)
	err := errUnwound
	defer func() { m.ended(&m.calls, o, err, true) }()
	err = next(ctx)
	return err
}

func (m *Monitor) handle(ctx context.Context, call aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
	path := call.Path
	if !call.Exposed {
		path = "" // chosen by the peer: the number of such paths is unbounded
	}
	o := m.requests.begin(call.Client, path)
	err := errUnwound
	defer func() { m.ended(&m.requests, o, err, call.Exposed) }()
	result, err := next(ctx)
	return result, err
}

// ended records the end of a call with err.
func (m *Monitor) ended(s *side, o *operation, err error, known bool) {
	took := s.end(o, err != nil)
	if err == nil {
		return
	}
	kind := "call"
	if s == &m.requests {
		kind = "request"
	}
	path := o.path
	if !known {
		path = "(not exposed)" // the text has the path
	}
	m.errors.add(failure{Time: time.Now(), Kind: kind, Path: path, Peer: peerOf(o.client), Text: textOf(err), Took: took.Microseconds()})
}

func peerOf(c *aiomas.Client) string {
	if c == nil || c.Channel() == nil { // a Reconnector may have no connection
		return ""
	}
	return aiomas.FormatAddress(c.Channel().RemoteAddr())
}
