package suite

import (
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// Idle opens n connections to a server, makes one request on each, and measures the
// server's memory for each waiting connection, in bytes. It does so for several servers in
// turn, several times for each.
func (r *Runner) Idle(n, times int, contenders []Contender, results Results) error {
	samples := make(map[string][]Sample)
	start := time.Now()
	for range times {
		for _, c := range contenders {
			if !r.has(c) {
				continue
			}
			s, err := r.idle(n, c)
			if err != nil {
				return fmt.Errorf("idle: %s: %w", c.Name, err)
			}
			samples[c.Name] = append(samples[c.Name], s)
		}
	}
	results["idle"] = samples
	r.Log("%-28s %d contenders, %d connections each, %.1fs", "idle", len(samples), n, time.Since(start).Seconds())
	return nil
}

func (r *Runner) idle(n int, c Contender) (Sample, error) {
	p, err := r.start(Suite{Name: "idle"}, c)
	if err != nil {
		return Sample{}, err
	}
	defer p.stop()
	// One call first, so that memory allocated only once is not counted.
	if _, err := p.client.Ask(proc.Request{Op: "idle", Conns: 1}); err != nil {
		return Sample{}, err
	}
	before, err := p.server.Usage()
	if err != nil {
		return Sample{}, err
	}
	if _, err := p.client.Ask(proc.Request{Op: "idle", Conns: n + 1}); err != nil {
		return Sample{}, err
	}
	after, err := p.server.Usage()
	return Sample{Calls: int64(n), Nanos: 1, Server: after.Sub(before)}, err
}

// Memory returns the server's resident bytes for each connection.
func Memory(s Sample) float64 { return float64(s.Server.RSS) / float64(s.Calls) }
