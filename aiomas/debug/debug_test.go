package debug_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/debug"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// shown is what tests look at of the page's state.
type shown struct {
	Counters    aiomas.MetricsSnapshot
	Connections []struct {
		Local, Remote, State, Codec string
		Dialled                     bool
		Calls, Requests, Running    int64
	}
	Calls, Requests []struct {
		Path, Peer string
		Age        int64
	}
	CallPaths    []pathRow `json:"call_paths"`
	RequestPaths []pathRow `json:"request_paths"`
	Agents       []struct {
		Addr, Class string
		Waiting     int
		Busy        bool
	}
	Limits []struct {
		Name        string
		Used, Limit int64
	}
	Errors []struct{ Kind, Path, Peer, Text string }
}

type pathRow struct {
	Path                string
	Calls, Errors, P50  int64
	Mean, P99, Max, Sum int64
}

func get(t *testing.T, h http.Handler, url string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil))
	return w
}

func stateOf(t *testing.T, m *debug.Monitor) shown {
	t.Helper()
	var s shown
	if err := json.Unmarshal(get(t, m, "/debug/aiomas/state").Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// serve serves a router until the test ends.
func serve(t testing.TB, r *aiomas.Router, opts ...aiomas.ServerOption) (addr string) {
	t.Helper()
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(r, opts...)
	served := make(chan error)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	return aiomas.FormatAddress(ln.Addr())
}

func dial(t testing.TB, addr string, opts ...aiomas.DialOption) *aiomas.Client {
	t.Helper()
	c, err := aiomas.Dial(t.Context(), addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A call in flight is seen at both ends, and not any more when it has ended; then it
// is counted with its path.
func TestCallsInFlight(t *testing.T) {
	server, client := debug.New(), debug.New()
	entered, leave := make(chan struct{}), make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func() { entered <- struct{}{}; <-leave })
	c := dial(t, serve(t, r, server.Option()), client.Option())
	p := c.Remote("wait").Go(t.Context(), nil)
	<-entered

	at := stateOf(t, server)
	if len(at.Requests) != 1 || at.Requests[0].Path != "wait" || at.Requests[0].Peer != aiomas.FormatAddress(c.Channel().LocalAddr()) || at.Requests[0].Age < 0 || len(at.Calls) != 0 {
		t.Errorf("the server's requests %+v, calls %+v", at.Requests, at.Calls)
	}
	if len(at.Connections) != 1 || at.Connections[0].Running != 1 || at.Connections[0].Dialled || at.Connections[0].State != "open" || at.Connections[0].Codec != "json" {
		t.Errorf("the server's connections %+v", at.Connections)
	}
	at = stateOf(t, client)
	if len(at.Calls) != 1 || at.Calls[0].Path != "wait" || at.Calls[0].Peer == "" || len(at.Requests) != 0 {
		t.Errorf("the client's calls %+v, requests %+v", at.Calls, at.Requests)
	}
	if len(at.Connections) != 1 || at.Connections[0].Calls != 1 || !at.Connections[0].Dialled {
		t.Errorf("the client's connections %+v", at.Connections)
	}

	close(leave)
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string][]pathRow{"server": stateOf(t, server).RequestPaths, "client": stateOf(t, client).CallPaths} {
		if len(rows) != 1 || rows[0].Path != "wait" || rows[0].Calls != 1 || rows[0].Errors != 0 || rows[0].P50 > rows[0].Max {
			t.Errorf("%s: %+v", name, rows)
		}
	}
	if at := stateOf(t, client); len(at.Calls) != 0 || at.Counters.CallsTotal != 1 || len(at.Errors) != 0 {
		t.Errorf("afterwards: %+v", at)
	}
}

// What has failed is listed, the newest first: calls, requests, functions that panic,
// and lines of the log.
func TestLastErrors(t *testing.T) {
	server, client := debug.New(), debug.New()
	r := aiomas.NewRouter()
	r.Expose("fail", func() error { return aiomas.ValueError.New("boom") })
	r.Expose("panic", func() { panic("oh") })
	var log strings.Builder
	logger := slog.New(server.LogHandler(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})))
	c := dial(t, serve(t, r, server.Option(), aiomas.WithLogger(logger)), client.Option())
	for _, path := range []string{"fail", "panic", "<made up>"} {
		if err := c.Remote(path).Call(t.Context(), nil); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	logger.With("peer", "somebody").WithGroup("g").Warn("odd", "x", 1)
	logger.Info("not shown")
	var got []string
	for _, e := range stateOf(t, server).Errors {
		got = append(got, e.Kind+" "+e.Path+": "+e.Text)
		if e.Peer == "" {
			t.Errorf("%+v has no peer", e)
		}
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"warn : odd g.x=1\n", `request (not exposed): LookupError: Name "<made up>" not found in ""`, "request panic: the function panicked", "request fail: ValueError: boom",
	} {
		_, rest, ok := strings.Cut(text, want)
		if !ok {
			t.Errorf("%q is not in, or not in this order:\n%s", want, strings.Join(got, "\n"))
		}
		text = rest
	}
	if log.Len() > 0 {
		t.Errorf("the next handler got %s", &log)
	}
	errs := stateOf(t, client).Errors
	if len(errs) != 3 || errs[2].Kind != "call" || errs[2].Path != "fail" || !strings.Contains(errs[2].Text, "ValueError: boom") {
		t.Errorf("the client's errors: %+v", errs)
	}
}

// Agents are shown with the calls that wait for a turn, until their container has ended.
func TestAgents(t *testing.T) {
	m := debug.New()
	c, err := agent.NewContainer(t.Context(), "local://plant", agent.WithNetwork(local.NewNetwork()), agent.WithConnection(m.Option()))
	if err != nil {
		t.Fatal(err)
	}
	m.Watch(c)
	slow := &slowAgent{entered: make(chan struct{}), leave: make(chan struct{})}
	if _, err := c.Register(slow, agent.Expose("Wait")); err != nil {
		t.Fatal(err)
	}
	p, err := c.Connect(t.Context(), slow.Addr())
	if err != nil {
		t.Fatal(err)
	}
	var calls []*aiomas.Pending
	for range 3 {
		calls = append(calls, p.Sub("wait").Go(t.Context(), nil))
	}
	<-slow.entered
	var at shown
	for at = stateOf(t, m); len(at.Agents) == 1 && at.Agents[0].Waiting < 2; at = stateOf(t, m) { // they arrive
		if t.Context().Err() != nil {
			t.Fatalf("%+v", at.Agents)
		}
	}
	if len(at.Agents) != 1 || at.Agents[0].Waiting != 2 || !at.Agents[0].Busy || !strings.HasSuffix(at.Agents[0].Class, "slowAgent") || at.Agents[0].Addr != slow.Addr() {
		t.Errorf("%+v", at.Agents)
	}
	if text := get(t, m, "/metrics").Body.String(); !strings.Contains(text, "\naiomas_agent_queue 2\n") || !strings.Contains(text, "\naiomas_agents_busy 1\n") {
		t.Error(text)
	}
	go func() {
		for range 2 {
			<-slow.entered
		}
	}()
	close(slow.leave)
	for _, call := range calls {
		if err := call.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	// A connection is shown until its last handler has ended, which may be after the reply.
	for at = stateOf(t, m); len(at.Agents) != 0 || len(at.Connections) != 0; at = stateOf(t, m) {
		if t.Context().Err() != nil || len(at.Agents) != 0 {
			t.Fatalf("of a container that has ended: %+v, %+v", at.Agents, at.Connections)
		}
	}
}

type slowAgent struct {
	agent.Agent
	entered, leave chan struct{}
}

func (s *slowAgent) Wait() { s.entered <- struct{}{}; <-s.leave }

// How near limits are is that of the connection that is nearest.
func TestLimitsInUse(t *testing.T) {
	m := debug.New()
	entered, leave := make(chan struct{}), make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("wait", func(string) { entered <- struct{}{}; <-leave })
	addr := serve(t, r, m.Option(), aiomas.WithLimits(aiomas.Limits{Requests: 10, Connections: 4}))
	dial(t, addr)
	c := dial(t, addr)
	for range 3 {
		c.Remote("wait").Go(t.Context(), nil, strings.Repeat("x", 1000))
		<-entered
	}
	defer close(leave)
	at, used := stateOf(t, m), map[string][2]int64{}
	for _, l := range at.Limits {
		used[l.Name] = [2]int64{l.Used, l.Limit}
	}
	if used["Requests"] != [2]int64{3, 10} || used["Connections"] != [2]int64{2, 4} || used["PendingIn"][0] < 3000 {
		t.Errorf("%+v", at.Limits)
	}
}

// Every line of the metrics has a form that Prometheus reads, whatever peers say.
func TestPrometheus(t *testing.T) {
	m := debug.New()
	c := dial(t, serve(t, aiomas.NewRouter()), m.Option())
	if err := c.Remote("a\"b\\c\nd\xff{}").Call(t.Context(), nil); err == nil {
		t.Error("no error")
	}
	resp := get(t, m, "/metrics").Result()
	if got := resp.Header.Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Error(got)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	sample := regexp.MustCompile(`^([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"\})? (\S+)$`)
	kinds, buckets, last := map[string]string{}, 0, 0.0
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(name, " ")
			if kinds[name] != "" {
				t.Errorf("%s is there twice", name)
			}
			kinds[name] = kind
			last = 0
			continue
		}
		if strings.HasPrefix(line, "# HELP ") {
			continue
		}
		parts := sample.FindStringSubmatch(line)
		if parts == nil {
			t.Errorf("no sample: %q", line)
			continue
		}
		value, err := strconv.ParseFloat(parts[3], 64)
		if err != nil {
			t.Error(err)
		}
		base := parts[1]
		if i := strings.LastIndex(base, "_bucket"); i > 0 {
			base = base[:i]
			if buckets++; value < last {
				t.Errorf("%s: less than the bucket before", line)
			}
			last = value
		}
		base = strings.TrimSuffix(strings.TrimSuffix(base, "_sum"), "_count")
		if kinds[base] == "" && kinds[parts[1]] == "" {
			t.Errorf("%q has no type", line)
		}
	}
	for _, want := range []string{
		`aiomas_call_path_total{path="a\"b\\c\nd` + "\ufffd" + `{}"} 1`, "aiomas_calls_total 1", "aiomas_calls_failed_total 1", "aiomas_connections 1",
		`aiomas_call_duration_seconds_bucket{le="+Inf"} 1`, "aiomas_call_duration_seconds_count 1", "aiomas_errors_total 1",
	} {
		if !strings.Contains(string(body), "\n"+want+"\n") {
			t.Errorf("%s is missing in\n%s", want, body)
		}
	}
	if buckets == 0 {
		t.Error("there is no bucket")
	}
}

// A peer that makes up paths, or proxies with paths, fills no table.
func TestPathsAreBounded(t *testing.T) {
	server, client := debug.New(), debug.New()
	c := dial(t, serve(t, aiomas.NewRouter(), server.Option()), client.Option())
	var calls []*aiomas.Pending
	for i := range 600 {
		calls = append(calls, c.Remote(fmt.Sprint("path", i)).Go(t.Context(), nil))
	}
	for _, call := range calls {
		if err := call.Wait(t.Context()); !errors.Is(err, aiomas.LookupError) {
			t.Fatal(err)
		}
	}
	if rows := stateOf(t, server).RequestPaths; len(rows) != 1 || rows[0].Path != "(others)" || rows[0].Calls != 600 || rows[0].Errors != 600 {
		t.Errorf("the server's: %+v", rows)
	}
	if text := get(t, client, "/metrics").Body.String(); strings.Count(text, "aiomas_call_path_total{") != 501 || !strings.Contains(text, `aiomas_call_path_total{path="(others)"} 100`) {
		t.Errorf("%d paths", strings.Count(text, "aiomas_call_path_total{"))
	}
}

// The page is served wherever it is mounted, allows nothing from elsewhere, and is read
// only.
func TestPage(t *testing.T) {
	mux := http.NewServeMux()
	m := debug.New()
	mux.Handle("/debug/aiomas/", m)
	mux.Handle("/metrics", m)
	for url, want := range map[string]string{
		"/debug/aiomas/": "text/html", "/debug/aiomas/debug.js": "text/javascript", "/debug/aiomas/tables.js": "text/javascript",
		"/debug/aiomas/debug.css": "text/css", "/debug/aiomas/base.css": "text/css", "/debug/aiomas/icon.svg": "image/svg+xml", "/debug/aiomas/state": "application/json", "/metrics": "text/plain",
	} {
		resp := get(t, mux, url).Result()
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), want) ||
			!strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'") {
			t.Errorf("%s: %d, %v", url, resp.StatusCode, resp.Header)
		}
	}
	if w := get(t, mux, "/debug/aiomas/page.go"); w.Code != http.StatusNotFound {
		t.Errorf("a file that is not there: %d", w.Code)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/debug/aiomas/state", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
