// Command opentelemetry is a server whose calls are measured by OpenTelemetry: Prometheus reads the figures at
// /metrics, spans go to wherever an exporter sends them. It ends in order with SIGTERM.
//
//	go run . &
//	curl localhost:9464/metrics
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/otel"
)

func main() {
	listen := flag.String("listen", "localhost:5555", "`address`")
	metrics := flag.String("metrics", "localhost:9464", "`address` of /metrics")
	flag.Parse()
	spans, err := stdouttrace.New() // in the place of otlptracegrpc.New(ctx), which sends them to a collector
	if err != nil {
		log.Fatal(err)
	}
	ready := func(addr string) { fmt.Println("ready", addr) }
	if err := run(context.Background(), *listen, *metrics, spans, ready); err != nil {
		log.Fatal(err)
	}
}

// run serves until SIGTERM, or the end of ctx.
func run(ctx context.Context, listen, metrics string, spans trace.SpanExporter, ready func(addr string)) error {
	instrumented, handler, flush, err := observe(spans)
	if err != nil {
		return err
	}
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })

	mux := http.NewServeMux()
	mux.Handle("/metrics", handler)
	scraped := &http.Server{Addr: metrics, Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = scraped.ListenAndServe() }()

	err = aiomas.NewServer(service, instrumented).Run(ctx, listen, ready)

	// What was measured last is sent, within a time.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, scraped.Shutdown(ending), flush(ending))
}

// observe returns the option for servers and clients, what Prometheus reads, and what
// sends the last spans.
func observe(spans trace.SpanExporter) (aiomas.Option, http.Handler, func(context.Context) error, error) {
	registry := prometheus.NewRegistry()
	exporter, err := promexporter.New(promexporter.WithRegisterer(registry))
	if err != nil {
		return nil, nil, nil, err
	}
	meters := metric.NewMeterProvider(metric.WithReader(exporter))
	tracers := trace.NewTracerProvider(trace.WithBatcher(spans))
	instrumented := otel.Instrument(otel.WithMeterProvider(meters), otel.WithTracerProvider(tracers))
	flush := func(ctx context.Context) error { return errors.Join(meters.Shutdown(ctx), tracers.Shutdown(ctx)) }
	return instrumented, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), flush, nil
}
