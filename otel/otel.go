// Package otel makes OpenTelemetry spans and duration metrics of the calls of
// package aiomas, by OpenTelemetry's conventions for remote calls. It is a
// separate module, so that other programs do not depend on OpenTelemetry.
//
//	conn, err := aiomas.Dial(ctx, addr, otel.Instrument())
//	srv := aiomas.NewServer(service, otel.Instrument())
//
// An aiomas message has no field for a trace context: the span of a handler is
// the root of its own trace, and not a child of the caller's span.
package otel

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

const scope = "github.com/aiomas-go/aiomas-go/otel"

// An Option configures Instrument.
type Option func(*instruments)

// WithTracerProvider sets the provider for spans; the default is the global
// provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(i *instruments) { i.tracer = p.Tracer(scope) }
}

// WithMeterProvider sets the provider for metrics; the default is the global
// provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(i *instruments) { i.meter = p.Meter(scope) }
}

type instruments struct {
	tracer         trace.Tracer
	meter          metric.Meter
	client, server metric.Float64Histogram
	chosen         few // paths and exception types that peers have chosen
}

// Instrument returns the option for aiomas.Dial or aiomas.NewServer that
// records a span and a duration for each call: those of this end (kind client,
// metric rpc.client.call.duration) and those of the peer (kind server, metric
// rpc.server.call.duration). Attributes are rpc.system.name "aiomas",
// rpc.method with the path, and error.type: the Python type of an exception, or
// another reason for which the call failed. Spans also have the peer's address.
//
// A peer cannot create an unbounded number of metrics. Its calls of paths
// without a function are counted under "_OTHER"; their spans are named "aiomas"
// and have the path as rpc.method_original. Of the paths of proxies that peers
// have passed, and of the types of exceptions other than those of Python,
// asyncio and aiomas, the first 100 are named; the others are also counted
// under "_OTHER".
func Instrument(opts ...Option) aiomas.Option {
	i := &instruments{tracer: otel.Tracer(scope), meter: otel.Meter(scope)}
	for _, o := range opts {
		o(i)
	}
	var errs [2]error
	i.client, errs[0] = i.meter.Float64Histogram("rpc.client.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of outgoing calls"))
	i.server, errs[1] = i.meter.Float64Histogram("rpc.server.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of incoming calls"))
	if err := errors.Join(errs[:]...); err != nil {
		otel.Handle(err) // the instruments then do nothing
	}
	return aiomas.WithOptions(aiomas.WithCallInterceptors(i.call), aiomas.WithHandlerInterceptors(i.handle))
}

func (i *instruments) call(ctx context.Context, out aiomas.Outgoing, next func(context.Context) error) error {
	method := out.Path
	if out.Passed {
		method = i.chosen.name(method)
	}
	ctx, span := i.start(ctx, trace.SpanKindClient, out.Client, method, out.Path)
	defer span.End()
	start := time.Now()
	err := next(ctx)
	i.finish(ctx, span, i.client, method, start, err)
	return err
}

func (i *instruments) handle(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
	method := in.Path
	if !in.Exposed {
		method = other
	}
	ctx, span := i.start(ctx, trace.SpanKindServer, in.Client, method, in.Path)
	ended := false
	start := time.Now()
	defer func() { // also when the handler panics
		if !ended {
			i.finish(ctx, span, i.server, method, start, errPanic)
		}
		span.End()
	}()
	v, err := next(ctx)
	ended = true
	i.finish(ctx, span, i.server, method, start, err)
	return v, err
}

// start begins the span of a call of path, whose name in metrics is method.
func (i *instruments) start(ctx context.Context, kind trace.SpanKind, c *aiomas.Client, method, path string) (context.Context, trace.Span) {
	name, attrs := method, append(peer(c), attributes(method)...)
	if method != path {
		name = "aiomas"
		attrs = append(attrs, attribute.String("rpc.method_original", path))
	}
	return i.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
}

var errPanic = aiomas.RuntimeError.New("the handler panicked")

func (i *instruments) finish(ctx context.Context, span trace.Span, h metric.Float64Histogram, path string, start time.Time, err error) {
	attrs := attributes(path)
	if err != nil {
		typ := attribute.String("error.type", i.errorType(err))
		attrs = append(attrs, typ)
		span.SetAttributes(typ)
		span.SetStatus(codes.Error, err.Error())
	}
	h.Record(ctx, time.Since(start).Seconds(), metric.WithAttributes(attrs...))
}

func attributes(path string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("rpc.system.name", "aiomas"),
		attribute.String("rpc.method", path),
	}
}

func peer(c *aiomas.Client) (attrs []attribute.KeyValue) {
	if host, port, err := net.SplitHostPort(c.Channel().RemoteAddr().String()); err == nil {
		attrs = append(attrs, attribute.String("network.peer.address", host))
		if n, err := strconv.Atoi(port); err == nil {
			attrs = append(attrs, attribute.Int("network.peer.port", n))
		}
	}
	return attrs
}

// errorType returns the value of error.type for err: an exception's type,
// limited by few, or another reason for the failure.
func (i *instruments) errorType(err error) string {
	var remote *aiomas.RemoteError
	var ex *aiomas.Exception
	switch {
	case errors.As(err, &remote):
		if builtin[remote.Type] {
			return remote.Type
		}
		return i.chosen.name(remote.Type)
	case errors.As(err, &ex):
		return strings.TrimSpace(string(ex.Type))
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, aiomas.ErrConnection):
		return "connection"
	}
	return other
}
