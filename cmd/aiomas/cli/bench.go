package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// load has the settings of bench.
type load struct {
	conns, calls, inFlight int
	rate                   float64
	last                   time.Duration
	asJSON                 bool
}

func newBench() *cobra.Command {
	var f connFlags
	var l load
	var kwargs []string
	var asHex bool
	cmd := &cobra.Command{
		Use:   "bench ADDR PATH [ARG…]",
		Short: "Measure calls a second and their latency",
		Long: `bench calls a function again and again, over some connections with some calls in flight on each, and prints calls a second
and percentiles of the latency. With --rate it offers that many calls a second, whether or not the peer keeps up, and
measures each from the moment at which it was due: what waits behind a slow call counts, too. Exceptions are counted.`,
		Example: `  aiomas bench 127.0.0.1:5555 add 1 2 -c 4 -p 10 -n 100000
  aiomas bench 127.0.0.1:5555 add 1 2 --rate 2000 -d 10s --json`,
		Args: wants(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if l.conns < 1 || l.inFlight < 1 || l.calls < 0 || l.rate < 0 || l.last < 0 {
				return usagef("-c and -p want a number from 1, -n, -d and --rate none below 0")
			}
			if !cmd.Flags().Changed("calls") && l.last > 0 {
				l.calls = 0
			}
			if l.calls == 0 && l.last == 0 {
				return usagef("-n 0 needs -d TIME")
			}
			call, err := reader{cmd.InOrStdin(), asHex}.call(args[1], args[2:], kwargs)
			if err != nil {
				return err
			}
			if err := f.resolve(cmd, args[0]); err != nil {
				return err
			}
			return f.bench(cmd, l, call)
		},
	}
	f.add(cmd, 10*time.Second)
	flags := cmd.Flags()
	flags.IntVarP(&l.conns, "connections", "c", 1, "`number` of connections")
	flags.IntVarP(&l.calls, "calls", "n", 10_000, "`number` of calls in all; 0 is no limit")
	flags.IntVarP(&l.inFlight, "in-flight", "p", 1, "`number` of calls in flight on each connection, without --rate")
	flags.Float64Var(&l.rate, "rate", 0, "calls a second to offer; 0 is as many as get through")
	flags.DurationVarP(&l.last, "duration", "d", 0, "`time` after which no more calls are made")
	flags.StringArrayVar(&kwargs, "kw", nil, "keyword argument `key=value`; can be repeated")
	flags.BoolVar(&asHex, "hex", false, "arguments are bytes, written in hex")
	flags.BoolVar(&l.asJSON, "json", false, "print JSON")
	return cmd
}

// measured is the result of a load.
type measured struct {
	mu      sync.Mutex
	latency *hdrhistogram.Histogram
	failed  int64 // calls that raised or timed out
	first   error
	begun   atomic.Int64
	took    time.Duration
}

func (m *measured) add(d time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	observe(m.latency, d)
	if err != nil {
		m.failed++
		if m.first == nil {
			m.first = err
		}
	}
}

func (f *connFlags) bench(cmd *cobra.Command, l load, call *codec.Call) error {
	peers := make([]*peer, l.conns)
	for i := range peers {
		ctx, cancel := f.deadline(cmd.Context())
		p, err := f.dial(ctx, cmd)
		cancel()
		if err != nil {
			return err
		}
		defer func() { _ = p.ch.Close() }()
		peers[i] = p
		f.codecName = p.ch.Codec().Name() // the other connections need not detect it again
	}
	call.Path = peers[0].prefix + call.Path
	m := &measured{latency: newHistogram(3)}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if l.last > 0 {
		defer time.AfterFunc(l.last, cancel).Stop()
	}
	start := time.Now()
	lost := make(chan error, 1)
	one := func(p *peer, due time.Time) bool {
		cctx, done := f.deadline(context.WithoutCancel(ctx))
		defer done()
		err := p.ch.Send(cctx, call, nil)
		if errors.Is(err, aiomas.ErrConnection) {
			select {
			case lost <- err:
			default:
			}
			cancel()
			return false
		}
		m.add(time.Since(due), err)
		return true
	}
	stop := l.progress(cmd, m)
	if l.rate > 0 {
		l.offer(ctx, m, peers, one)
	} else {
		l.press(ctx, m, peers, one)
	}
	m.took = time.Since(start)
	stop()
	select {
	case err := <-lost:
		return err
	default:
	}
	m.print(cmd, l)
	if m.failed > 0 {
		return fmt.Errorf("%d of %d calls failed, the first one with: %w", m.failed, m.latency.TotalCount(), m.first)
	}
	return nil
}

// press keeps a number of calls in flight: the end of each starts the next one.
func (l load) press(ctx context.Context, m *measured, peers []*peer, one func(*peer, time.Time) bool) {
	var all sync.WaitGroup
	for _, p := range peers {
		for range l.inFlight {
			all.Go(func() {
				for ctx.Err() == nil && (l.calls == 0 || m.begun.Add(1) <= int64(l.calls)) {
					if !one(p, time.Now()) {
						return
					}
				}
			})
		}
	}
	all.Wait()
}

// offer starts calls when they are due, independently of the number in flight.
func (l load) offer(ctx context.Context, m *measured, peers []*peer, one func(*peer, time.Time) bool) {
	var all sync.WaitGroup
	start := time.Now()
	for n := 0; l.calls == 0 || n < l.calls; n++ {
		due := start.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
		if d := time.Until(due); d > 0 && !wait(ctx, d) || ctx.Err() != nil {
			break
		}
		all.Go(func() { one(peers[n%len(peers)], due) })
	}
	all.Wait()
}

func (m *measured) print(cmd *cobra.Command, l load) {
	n := m.latency.TotalCount()
	persec := float64(n) / m.took.Seconds()
	quantiles := []float64{50, 90, 99, 99.9, 100}
	at := func(q float64) time.Duration { return time.Duration(m.latency.ValueAtQuantile(q)) * time.Microsecond }
	out := cmd.OutOrStdout()
	if l.asJSON {
		d := codec.Dict{
			{Key: "calls", Value: n}, {Key: "failed", Value: m.failed}, {Key: "seconds", Value: m.took.Seconds()}, {Key: "calls_per_second", Value: persec},
			{Key: "mean_ms", Value: m.latency.Mean() / 1000},
		}
		for i, q := range quantiles {
			key := []string{"p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"}[i]
			d = append(d, codec.Entry{Key: key, Value: float64(at(q).Microseconds()) / 1000})
		}
		line, _ := codec.Marshal(json.Codec, d, nil) // plain values
		fmt.Fprintf(out, "%s\n", line)
		return
	}
	fmt.Fprintf(out, "%d calls in %s, %.0f a second", n, duration(m.took), persec)
	if l.rate > 0 {
		fmt.Fprintf(out, " of %.0f offered", l.rate)
	}
	fmt.Fprintf(out, "\nlatency: mean %s", duration(time.Duration(m.latency.Mean()*1000)))
	for i, q := range quantiles {
		fmt.Fprintf(out, ", %s %s", []string{"p50", "p90", "p99", "p99.9", "max"}[i], duration(at(q)))
	}
	fmt.Fprintln(out)
}
