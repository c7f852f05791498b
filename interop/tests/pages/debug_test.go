package pages_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/debug"
)

// Battery is an agent whose calls are under way until it is let go.
type Battery struct {
	agent.Agent
	entered, leave chan struct{}
}

// Charge takes as long as the test wants.
func (b *Battery) Charge() { b.entered <- struct{}{}; <-b.leave }

// plant is a program that is watched: a container, a client of it, and calls in flight: one runs, two wait.
func plant(t *testing.T) *tab {
	t.Helper()
	needBrowser(t)
	m := debug.New()
	b := &Battery{entered: make(chan struct{}, 3), leave: make(chan struct{})}
	c, err := agent.NewContainer(t.Context(), "tcp://127.0.0.1:0", agent.WithConnection(m.Option(), aiomas.WithLimits(aiomas.Limits{Requests: 4})))
	if err != nil {
		t.Fatal(err)
	}
	m.Watch(c)
	if _, err := c.Register(b, agent.Expose("Charge")); err != nil {
		t.Fatal(err)
	}
	client, err := aiomas.Dial(t.Context(), strings.TrimSuffix(c.Addr(), "/"), m.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(b.leave)
		_ = client.Close()
		_ = c.Close()
	})
	for _, path := range []string{"fail", markup} {
		if err := client.Remote(path).Call(t.Context(), nil); err == nil {
			t.Error("no error")
		}
	}
	for range 3 {
		client.Remote("agents", "0", "charge").Go(context.Background(), nil)
	}
	<-b.entered
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	page := open(t, srv.URL+"/debug/aiomas/", 1440, 1100)
	page.until(`document.querySelector("#agents tbody td:last-child")?.textContent === "2"`)
	return page
}

// The page shows what the program does: connections, calls both ways, agents and their queues, limits, paths, errors.
func TestDebugTables(t *testing.T) {
	t.Parallel()
	b := plant(t)
	want := func(table string, first ...string) {
		t.Helper()
		cells := b.texts("#" + table + " tbody tr:first-child td")
		for i, text := range first {
			if i >= len(cells) || text != "*" && cells[i] != text {
				t.Errorf("%s: %q, want %q", table, cells, first)
				return
			}
		}
	}
	if rows := b.texts("#connections tbody tr"); len(rows) != 2 || !strings.Contains(rows[0]+rows[1], "the peer") || !strings.Contains(rows[0]+rows[1], "us") {
		t.Errorf("connections: %q", rows)
	}
	want("requests", "agents/0/charge")
	if n := len(b.texts("#calls tbody tr")); n != 3 {
		t.Errorf("%d calls in flight, want 3", n)
	}
	want("calls", "agents/0/charge")
	want("agents", "*", "*", "busy", "2")
	want("limits", "Requests", "75 %", "3", "4")
	want("errors", "*", "*", "*")
	if texts := b.texts("#errors td.long"); len(texts) != 4 || !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, markup) }) {
		t.Errorf("errors: %q", texts)
	}
	if rows := b.texts("#call-paths tbody td:first-child"); !slices.Contains(rows, markup) {
		t.Errorf("paths: %q", rows)
	}
	if got := b.texts(`.tile[data-key="calls_total"] strong`); len(got) != 1 || got[0] != "5" {
		t.Errorf("calls: %q", got)
	}
	b.until(`document.querySelector('.tile[data-key="requests_total"] .rate')?.textContent.endsWith("/s")`) // it looks again
	b.wantNoMarkup()
}

// A filter leaves rows out, heads sort, keys do what the page says, and it is light or dark.
func TestDebugKeyboardAndColours(t *testing.T) {
	t.Parallel()
	b := plant(t)
	b.key("/")
	b.key("f")
	b.key("a")
	b.key("i")
	b.until(`document.querySelectorAll("#call-paths tbody tr:not(.empty)").length === 1 && document.querySelector("#agents tbody tr").className === "empty"`)
	b.key(kb.Escape)
	b.until(`document.querySelectorAll("#call-paths tbody tr").length === 2`)
	b.do(chromedp.Click(`//section[@id="call-paths"]//button[text()="Path"]`))
	b.until(`document.querySelector("#call-paths th").getAttribute("aria-sort") === "ascending"`)
	if rows := b.texts("#call-paths tbody td:first-child"); !slices.IsSorted(rows) {
		t.Errorf("sorted by path: %q", rows)
	}
	b.key("8")
	if got := eval[string](b, `document.activeElement.id`); got != "errors" {
		t.Errorf("the key 8 goes to %q", got)
	}
	b.key(" ")
	b.until(`document.querySelector("#state").textContent === "paused"`)
	b.key(" ")
	b.until(`document.querySelector("#state").textContent === "live"`)
	b.key("?")
	b.until(`document.querySelector("#keys").open`)
	b.key(kb.Escape)
	b.until(`!document.querySelector("#keys").open`)
	b.wantSchemes()
}
