package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// An exporter in memory takes the place of a collector. Prometheus would read the
// durations with their attributes; the spans are there when the program has ended.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spans := tracetest.NewInMemoryExporter()
	kept := keeping{spans}
	addrs, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- run(ctx, "localhost:0", "localhost:0", kept, func(addr string) { addrs <- addr }) }()
	conn, err := aiomas.Dial(t.Context(), <-addrs)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := aiomas.Call[int](t.Context(), conn.Remote("add"), 1, 2); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	_ = conn.Remote("missing").Call(t.Context(), nil)
	_ = conn.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var names []string
	for _, s := range spans.GetSpans() {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "add aiomas" {
		t.Errorf("spans: %s", got)
	}
}

// keeping keeps its spans when the program ends.
type keeping struct{ *tracetest.InMemoryExporter }

func (keeping) Shutdown(context.Context) error { return nil }

func TestMetrics(t *testing.T) {
	instrumented, handler, flush, err := observe(tracetest.NewInMemoryExporter())
	if err != nil {
		t.Fatal(err)
	}
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	service.Expose("fail", func() error { return aiomas.ValueError.New("no") })
	ln, err := aiomas.Listen(t.Context(), "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(service, instrumented)
	go func() { _ = srv.Serve(t.Context(), ln) }()
	conn, err := aiomas.Dial(t.Context(), aiomas.FormatAddress(ln.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := aiomas.Call[int](t.Context(), conn.Remote("add"), 1, 2); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	_ = conn.Remote("fail").Call(t.Context(), nil)
	_ = conn.Close()
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	text := scrape(t, handler)
	for _, want := range []string{
		`rpc_server_call_duration_seconds_count{`, `rpc_system_name="aiomas"`, `rpc_method="add"`, `error_type="ValueError"`, `rpc_method="fail"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if err := flush(t.Context()); err != nil {
		t.Error(err)
	}
}

func scrape(t *testing.T, h http.Handler) string {
	t.Helper()
	w := httptest.NewRecorder()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
