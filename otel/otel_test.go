package otel_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/otel"
)

func TestInstrument(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	reader := metric.NewManualReader()
	opt := otel.Instrument(
		otel.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans))),
		otel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))

	service := aiomas.NewRouter()
	service.Expose("ok", func() int { return 1 })
	service.Expose("bad", func() error { return aiomas.ValueError.New("no") })
	service.Expose("panics", func() { panic("x") })
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(service, opt)
	served := make(chan error)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	conn, err := aiomas.Dial(t.Context(), aiomas.FormatAddress(ln.Addr()), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"ok", "bad", "panics", "nope"} {
		_ = conn.Remote(path).Call(t.Context(), nil)
	}
	_ = conn.Close()
	_ = srv.Shutdown(t.Context())
	<-served

	got := map[string]string{}
	for _, s := range spans.Ended() {
		kind := "client "
		if s.SpanKind() == oteltrace.SpanKindServer {
			kind = "server "
		}
		for _, a := range s.Attributes() {
			if a.Key == "error.type" {
				got[kind+s.Name()] = a.Value.AsString()
			}
		}
		if _, failed := got[kind+s.Name()]; !failed {
			got[kind+s.Name()] = "none"
		}
	}
	for name, want := range map[string]string{
		"client ok": "none", "server ok": "none", "client bad": "ValueError", "server bad": "ValueError",
		"client panics": "RuntimeError", "server panics": "RuntimeError", "client nope": "LookupError", "server aiomas": "LookupError",
	} {
		if got[name] != want {
			t.Errorf("span %s: error.type %q, want %q", name, got[name], want)
		}
	}

	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, m := range data.ScopeMetrics[0].Metrics {
		for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
			method, _ := p.Attributes.Value(attribute.Key("rpc.method"))
			counts[m.Name+" "+method.AsString()] += p.Count
		}
	}
	for _, name := range []string{"rpc.client.call.duration ok", "rpc.server.call.duration ok", "rpc.client.call.duration nope", "rpc.server.call.duration _OTHER"} {
		if counts[name] != 1 {
			t.Errorf("metric %s: %d calls, want 1 (have %v)", name, counts[name], counts)
		}
	}
}
