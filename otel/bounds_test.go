package otel_test

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/otel"
)

// meter is an instrumented end and what it has counted.
type meter struct {
	option aiomas.Option
	reader metric.Reader
}

func newMeter() meter {
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader), metric.WithCardinalityLimit(0))
	return meter{otel.Instrument(otel.WithMeterProvider(provider)), reader}
}

// series returns the calls of each rpc.method and error.type of a metric.
func (m meter) series(t *testing.T, name string) map[string]uint64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := m.reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, metrics := range data.ScopeMetrics[0].Metrics {
		if metrics.Name != name {
			continue
		}
		for _, p := range metrics.Data.(metricdata.Histogram[float64]).DataPoints {
			method, _ := p.Attributes.Value(attribute.Key("rpc.method"))
			key := method.AsString()
			if failed, ok := p.Attributes.Value(attribute.Key("error.type")); ok {
				key += " " + failed.AsString()
			}
			counts[key] += p.Count
		}
	}
	return counts
}

// connect serves service, and returns a client of it.
func connect(t *testing.T, service aiomas.Service, server []aiomas.ServerOption, client ...aiomas.DialOption) *aiomas.Client {
	t.Helper()
	srv := aiomas.NewServer(service, server...)
	addr, served := make(chan string, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { served <- srv.Run(ctx, "tcp://127.0.0.1:0", func(a string) { addr <- a }) }()
	c, err := aiomas.Dial(t.Context(), <-addr, client...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return c
}

const calls = 500

// A peer that calls ever new paths makes one series of them, whoever refuses them.
func TestPathsOfAPeer(t *testing.T) {
	for name, option := range map[string]aiomas.Option{
		"not there": nil,
		"forbidden": aiomas.WithAuthorize(func(context.Context, *aiomas.Client, string) error { return aiomas.PermissionError.New("no") }),
		"panic":     aiomas.WithAuthorize(func(context.Context, *aiomas.Client, string) error { panic("no") }),
	} {
		m := newMeter()
		c := connect(t, aiomas.NewRouter(), []aiomas.ServerOption{m.option, option})
		for i := range calls {
			_ = c.Remote(fmt.Sprint("x", i)).Call(t.Context(), nil)
		}
		series := m.series(t, "rpc.server.call.duration")
		if len(series) != 1 {
			t.Errorf("%s: %d series: %v", name, len(series), series)
		}
	}
}

// A function that there is has its name, however it fails.
func TestFunctionsHaveTheirNames(t *testing.T) {
	r := aiomas.NewRouter()
	for _, failure := range []aiomas.ExceptionType{aiomas.LookupError, aiomas.AttributeError, "plant.Broken"} {
		r.Expose("raises_"+fmt.Sprint(len(failure)), func() error { return failure.New("no") })
	}
	m := newMeter()
	refuse := aiomas.WithAuthorize(func(_ context.Context, _ *aiomas.Client, path string) error {
		if path == "raises_14" {
			return aiomas.LookupError.New("hidden")
		}
		return nil
	})
	c := connect(t, r, []aiomas.ServerOption{m.option, refuse})
	for _, path := range []string{"raises_11", "raises_14", "raises_12"} {
		_ = c.Remote(path).Call(t.Context(), nil)
	}
	got := m.series(t, "rpc.server.call.duration")
	for _, want := range []string{"raises_11 LookupError", "raises_14 LookupError", "raises_12 plant.Broken"} {
		if got[want] != 1 {
			t.Errorf("no series %q: %v", want, got)
		}
	}
}

// What a peer chooses of this end's calls: the paths of the proxies that it passes,
// and the types of its exceptions.
func TestChoicesOfAPeer(t *testing.T) {
	m := newMeter()
	callee := aiomas.NewRouter()
	callee.Expose("back", func(ctx context.Context, p *aiomas.Proxy) {
		_ = p.Sub("f").Call(ctx, nil)
	})
	c := connect(t, callee, []aiomas.ServerOption{m.option}, aiomas.WithService(manyServices(t)))
	root := c.ServiceRouter()
	_, services := root.Names()
	for _, name := range services {
		if err := c.Remote("back").Call(t.Context(), nil, root.SubRouter(name)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(m.series(t, "rpc.client.call.duration")); n < 50 || n > 101 {
		t.Errorf("%d series of %d paths that the peer chose", n, calls)
	}

	m = newMeter()
	raises := aiomas.NewRouter()
	raises.Expose("raises", func(name string) error { return aiomas.ExceptionType(name).New("no") })
	c = connect(t, raises, nil, m.option)
	for i := range calls {
		_ = c.Remote("raises").Call(t.Context(), nil, fmt.Sprint("Error", i))
	}
	_ = c.Remote("raises").Call(t.Context(), nil, "ZeroDivisionError")
	got := m.series(t, "rpc.client.call.duration")
	if len(got) != 102 || got["raises ZeroDivisionError"] != 1 || got["raises _OTHER"] != calls-100 {
		t.Errorf("%d series of %d exceptions: %d other, %d of Python's own", len(got), calls, got["raises _OTHER"], got["raises ZeroDivisionError"])
	}
}

// manyServices has many services with a function each.
func manyServices(t *testing.T) *aiomas.Router {
	t.Helper()
	r := aiomas.NewRouter()
	for i := range calls {
		sub := aiomas.NewRouter()
		sub.Expose("f", func() {})
		if err := r.Add(fmt.Sprint("s", i), sub); err != nil {
			t.Fatal(err)
		}
	}
	return r
}
