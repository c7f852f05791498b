package debug_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/debug"
)

func Example() {
	ctx := context.Background()
	monitor := debug.New()
	container, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0", agent.WithConnection(monitor.Option()))
	if err != nil {
		log.Fatal(err)
	}
	defer container.Shutdown(ctx)
	monitor.Watch(container)

	// The page is at /debug/aiomas/, and this is what Prometheus reads.
	mux := http.NewServeMux()
	mux.Handle("/debug/aiomas/", monitor)
	mux.Handle("/metrics", monitor)

	client, err := aiomas.Dial(ctx, strings.TrimSuffix(container.Addr(), "/"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	_ = client.Remote("validate_aid").Call(ctx, nil, "0")
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(rec.Body.String()) {
		if strings.HasPrefix(line, "aiomas_request_path_total") {
			fmt.Print(line)
		}
	}
	// Output: aiomas_request_path_total{path="validate_aid"} 1
}
