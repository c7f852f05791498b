package pages_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/aiomas-go/aiomas-go/codec/record"
)

// markup is what a peer says that would be a script, if it was put into a page as it is.
const markup = `<script>broken=1</script><img src=x onerror="broken=1"><b>bold</b>`

// recording is a file with what three programs say: a planner calls a plant, which calls a battery.
func recording(t *testing.T) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "day.rec"))
	if err != nil {
		t.Fatal(err)
	}
	w := record.NewWriter(file)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	put := func(conn int64, wait time.Duration, from record.Side, data string) {
		at = at.Add(wait)
		if err := w.Write(record.Event{Time: at, Conn: conn, Kind: record.Frame, From: from, Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
	}
	for conn, addrs := range [][2]string{{"planner", "plant:5555"}, {"plant:5555", "battery:5555"}} {
		if err := w.Write(record.Event{Time: at, Conn: int64(conn + 1), Kind: record.Opened, Addrs: addrs}); err != nil {
			t.Fatal(err)
		}
	}
	ms := time.Millisecond
	put(1, ms, record.Client, `[0, 0, ["plan", [24], {"unit": "pump"}]]`)
	put(2, ms, record.Client, `[0, 0, ["charge", [1.5], {}]]`)
	put(2, 20*ms, record.Server, `[1, 0, {"level": 7.5, "unit": "kWh"}]`)
	put(1, 3*ms, record.Server, `[1, 0, [1, 2, 3]]`)
	put(1, ms, record.Client, `[0, 1, ["plan", [48], {}]]`)
	put(1, 2*ms, record.Server, `[2, 1, "Traceback (most recent call last):\n  File \"plant.py\", line 7, in plan\nValueError: boom <i>x</i>\n"]`)
	put(1, ms, record.Client, `[0, 2, ["`+strings.ReplaceAll(markup, `"`, `\"`)+`", ["`+strings.ReplaceAll(markup, `"`, `\"`)+`"], {}]]`)
	put(1, ms, record.Server, `[1, 2, "`+strings.ReplaceAll(markup, `"`, `\"`)+`"]`)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// openRecording shows the recording in a browser.
func openRecording(t *testing.T) *tab {
	t.Helper()
	needBrowser(t)
	b := open(t, start(t, "web", "--listen", "127.0.0.1:0", recording(t)).said("ready"), 1440, 900)
	b.until(`document.querySelectorAll("#sequence .message").length === 10`)
	return b
}

// The graph has a node for each program and an edge for each that calls another, with how often and how fast; the table has
// the numbers of each path.
func TestTapGraphAndTable(t *testing.T) {
	t.Parallel()
	b := openRecording(t)
	nodes := b.texts("#graph .node title")
	slices.Sort(nodes)
	if want := []string{"battery:5555", "planner", "plant:5555"}; !slices.Equal(nodes, want) {
		t.Errorf("nodes %q, want %q", nodes, want)
	}
	edges := b.texts("#graph .call title")
	slices.Sort(edges)
	want := []string{
		"planner → plant:5555 3 calls, 1 errors p50 2.0 ms, p99 24.0 ms",
		"plant:5555 → battery:5555 1 calls, 0 errors p50 20.0 ms, p99 20.0 ms",
	}
	if !slices.Equal(edges, want) {
		t.Errorf("edges %q, want %q", edges, want)
	}
	rows := b.texts("#paths tbody tr")
	want = []string{"plan", "charge", markup}
	for i, row := range want {
		if i >= len(rows) || !strings.HasPrefix(rows[i], row) {
			t.Fatalf("rows %q, want %q", rows, want)
		}
	}
	cells := b.texts("#paths tbody tr:first-child td")
	if want := []string{"plan", "2", "0", "1"}; !slices.Equal(cells[:4], want) || cells[5] != "2.0 ms" || cells[8] != "24.0 ms" {
		t.Errorf("the row of plan: %q", cells)
	}
	// The head of a column sorts; a row chooses the messages of its path.
	b.do(chromedp.Click(`//section[@id="paths"]//button[text()="Path"]`))
	if rows := b.texts("#paths tbody tr td:first-child"); !slices.IsSorted(rows) {
		t.Errorf("sorted by path: %q", rows)
	}
	b.do(chromedp.Click(`#paths tr[data-path="charge"]`))
	b.until(`document.querySelectorAll("#sequence .message").length === 2`)
	b.wantNoMarkup()
}

// A click on a message shows what it says, its reply is one more click away, and what peers say is text.
func TestTapMessageDetail(t *testing.T) {
	t.Parallel()
	b := openRecording(t)
	b.do(chromedp.Click("#m2 .row"))
	b.until(`document.querySelector("#detail h2")?.textContent === "plan"`)
	if got := b.texts("#detail pre.content"); len(got) != 1 || !strings.Contains(got[0], `"args": [24]`) || !strings.Contains(got[0], `"unit": "pump"`) {
		t.Errorf("the arguments: %q", got)
	}
	facts := strings.Join(b.texts("#detail dl > *"), "|")
	for _, want := range []string{"Type|request", "From|planner", "To|plant:5555", "Id|0", "Codec|json"} {
		if !strings.Contains(facts, want) {
			t.Errorf("%s is missing in %s", want, facts)
		}
	}
	b.do(chromedp.Click("#other"))
	b.until(`document.querySelector("#detail pre.content")?.textContent.trim() === "[1, 2, 3]"`)
	b.do(chromedp.Click("#m7 .row"))
	b.until(`document.querySelector("#detail pre")?.textContent.includes("ValueError: boom <i>x</i>")`)
	b.do(chromedp.Click("#m8 .row"))
	b.until(`document.querySelector("#detail h2")?.textContent.startsWith("<script>")`)
	if got := b.texts("#detail h2")[0]; got != markup {
		t.Errorf("the path is %q", got)
	}
	b.wantNoMarkup()
}

// The search finds what messages say, and a time that is chosen on the time line leaves the others out.
func TestTapSearch(t *testing.T) {
	t.Parallel()
	b := openRecording(t)
	b.do(chromedp.SendKeys("#search", "KWH"))
	b.until(`document.querySelectorAll("#sequence .message").length === 1 && document.querySelector("#found").textContent === "1 found"`)
	if got := b.texts("#sequence .label"); !strings.Contains(got[0], `charge = {"level": 7.5, "unit": "kWh"}`) {
		t.Errorf("found %q", got)
	}
	b.key(kb.Escape)
	b.until(`document.querySelectorAll("#sequence .message").length === 10`)
	b.do(chromedp.Click("#failed"))
	b.until(`document.querySelectorAll("#sequence .message.failed").length === 1 && document.querySelectorAll("#sequence .message").length === 1`)
	b.do(chromedp.Click("#failed"))
	b.do(chromedp.Focus("#timeline"))
	b.key(kb.ArrowRight)
	b.until(`document.querySelectorAll("#filters button").length === 1 && document.querySelectorAll("#sequence .message").length < 10`)
}

// All can be done with the keyboard, and the page is light or dark.
func TestTapKeyboardAndColours(t *testing.T) {
	t.Parallel()
	b := openRecording(t)
	b.key("j")
	b.key("j")
	b.key("j")
	b.key(kb.Enter)
	b.until(`document.querySelector("#detail h2")?.textContent === "plan"`)
	b.key("r")
	b.until(`document.querySelector("#m5").getAttribute("aria-selected") === "true" && document.querySelector("#detail dd").textContent === "result"`)
	b.key(kb.Escape)
	b.until(`document.querySelector("#detail").hidden`)
	b.key("/")
	if got := eval[string](b, `document.activeElement.id`); got != "search" {
		t.Errorf("the key / goes to %q", got)
	}
	b.key("j") // is text there
	if got := eval[string](b, `document.querySelector("#search").value`); got != "j" {
		t.Errorf("the search has %q", got)
	}
	b.key(kb.Escape)
	b.until(`document.querySelectorAll("#sequence .message").length === 10`)
	b.key("?")
	b.until(`document.querySelector("#keys").open`)
	b.key(kb.Escape)
	b.until(`!document.querySelector("#keys").open`)
	b.wantSchemes()
	// Edges and rows are reached by Tab, and have names.
	if n := eval[int](b, `document.querySelectorAll("#graph .call[tabindex='0'][role=button][aria-label]").length`); n != 2 {
		t.Errorf("%d edges can be reached by the keyboard, want 2", n)
	}
}
