package otel_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/otel"
)

// A server and a client with metrics. The reader stands where a program has an
// exporter, like that of Prometheus or of a collector.
func ExampleInstrument() {
	ctx := context.Background()
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	instrumented := otel.Instrument(otel.WithMeterProvider(provider))

	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	srv := aiomas.NewServer(service, instrumented)
	ln, err := aiomas.Listen(ctx, "localhost:0")
	check(err)
	go func() { _ = srv.Serve(ctx, ln) }()
	conn, err := aiomas.Dial(ctx, aiomas.FormatAddress(ln.Addr()), instrumented)
	check(err)

	_, err = aiomas.Call[int](ctx, conn.Remote("add"), 1, 2)
	check(err)
	check(conn.Close())
	check(srv.Shutdown(ctx))

	var metrics metricdata.ResourceMetrics
	check(reader.Collect(ctx, &metrics))
	for _, m := range metrics.ScopeMetrics[0].Metrics {
		for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
			fmt.Println(m.Name, p.Attributes.ToSlice()[0].Value.AsString(), p.Count)
		}
	}
	// Unordered output:
	// rpc.client.call.duration add 1
	// rpc.server.call.duration add 1
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
