package pages_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/debug"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// day is a recording of five programs, for the picture: the same each time.
func day(t *testing.T) string {
	t.Helper()
	conns := []record.Event{
		{Addrs: [2]string{"127.0.0.1:40112", "127.0.0.1:5555"}, Names: [2]string{"planner.py 4711", "plant.py 4702"}},
		{Addrs: [2]string{"127.0.0.1:40113", "127.0.0.1:5557"}, Names: [2]string{"planner.py 4711", "forecast.py 4705"}},
		{Addrs: [2]string{"127.0.0.1:40120", "127.0.0.1:5556"}, Names: [2]string{"plant.py 4702", "battery 4703"}},
		{Addrs: [2]string{"127.0.0.1:40131", "127.0.0.1:5555"}, Names: [2]string{"scada.py 4720", "plant.py 4702"}},
	}
	calls := []struct {
		conn             int64
		path, args       string
		result           string
		milliseconds     float64
		percent, failing int
	}{
		{4, "read_all", `[], {}`, `{"power": [3.5, 0.0, 1.25], "unit": "kW"}`, 0.6, 100, 0},
		{1, "set_power", `["pump", 2.5], {"ramp": 0.5}`, `true`, 1.8, 60, 12},
		{3, "agents/0/charge", `[1.5], {}`, `{"__type__": [0, "2026-01-02T03:04:05+00:00"]}`, 4, 50, 0},
		{2, "weather/forecast", `[24], {"location": [53.14, 8.21]}`, `{"wind": [7.1, 7.4, 8.0], "sun": [0.0, 0.1, 0.4]}`, 140, 8, 0},
		{3, "agents/1/charge", `[0.5], {}`, `7.25`, 3, 40, 4},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var events []record.Event
	for i := range conns {
		e := conns[i]
		e.Time, e.Conn, e.Kind = at, int64(i+1), record.Opened
		events = append(events, e)
	}
	for id := range 600 {
		at = at.Add(time.Duration(60+rng.IntN(80)) * time.Millisecond)
		for k, c := range calls {
			if rng.IntN(100) >= c.percent {
				continue
			}
			asked := at.Add(time.Duration(k) * 700 * time.Microsecond)
			took := time.Duration(c.milliseconds * (0.7 + rng.ExpFloat64()*0.4) * float64(time.Millisecond))
			reply := fmt.Sprintf(`[1, %d, %s]`, id, c.result)
			if rng.IntN(100) < c.failing {
				reply = fmt.Sprintf(`[2, %d, "Traceback (most recent call last):\n  File \"plant.py\", line 31, in set_power\nValueError: 2.5 kW exceeds the limit of 2.0 kW\n"]`, id)
			}
			number := int64(id*len(calls) + k)
			reply = strings.Replace(reply, fmt.Sprintf(", %d,", id), fmt.Sprintf(", %d,", number), 1)
			events = append(events,
				record.Event{Time: asked, Conn: c.conn, Kind: record.Frame, Data: fmt.Appendf(nil, `[0, %d, ["%s", %s]]`, number, c.path, c.args)},
				record.Event{Time: asked.Add(took), Conn: c.conn, Kind: record.Frame, From: record.Server, Data: []byte(reply)})
		}
	}
	slices.SortStableFunc(events, func(a, b record.Event) int { return a.Time.Compare(b.Time) })
	file, err := os.Create(filepath.Join(t.TempDir(), "day.rec"))
	if err != nil {
		t.Fatal(err)
	}
	w := record.NewWriter(file)
	for _, e := range events {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// The pictures of docs/cli.md and docs/production.md; make screenshots writes them.
func TestTapPicture(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	b := open(t, start(t, "web", "--listen", "127.0.0.1:0", day(t)).said("ready"), 1440, 900)
	b.scheme("light")
	b.until(`document.querySelectorAll("#sequence .message").length === 300`)
	if nodes := b.texts("#graph .node title"); len(nodes) != 5 || !slices.Contains(nodes, "plant.py :5555") {
		t.Errorf("nodes %q", nodes)
	}
	failed := eval[string](b, `document.querySelector("#sequence .message.failed").id`)
	b.do(chromedp.Click("#" + failed + " .row"))
	b.until(`document.querySelector("#detail pre")?.textContent.includes("ValueError")`)
	b.picture("aiomas-web.png")
}

// Unit is an agent that takes its time.
type Unit struct {
	agent.Agent
	leave chan struct{}
}

// SetPower waits for the end of the test, if it is told to.
func (u *Unit) SetPower(_ float64, wait bool) error {
	if wait {
		<-u.leave
	}
	return nil
}

func TestDebugPicture(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	m := debug.New()
	limits := aiomas.WithLimits(aiomas.Limits{Requests: 100, Connections: 8})
	c, err := agent.NewContainer(t.Context(), "tcp://127.0.0.1:0", agent.WithConnection(m.Option(), limits))
	if err != nil {
		t.Fatal(err)
	}
	m.Watch(c)
	leave := make(chan struct{})
	for range 4 {
		if _, err := c.Register(&Unit{leave: leave}, agent.Class("plant.Unit"), agent.ExposeMethod("SetPower", aiomas.Params("kw", "wait"), aiomas.Defaults(aiomas.Kwargs{"wait": false}))); err != nil {
			t.Fatal(err)
		}
	}
	var clients []*aiomas.Client
	for range 3 {
		client, err := aiomas.Dial(t.Context(), strings.TrimSuffix(c.Addr(), "/"))
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, client)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var load sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		close(leave)
		load.Wait()
		for _, client := range clients {
			_ = client.Close()
		}
		_ = c.Close()
	})
	for i := range 12 {
		clients[i%3].Remote("agents", fmt.Sprint(i%2), "set_power").Go(ctx, nil, 2.5, true)
	}
	_ = clients[1].Remote("agents/2/set_power").Call(ctx, nil, "much") // an error to be seen
	_ = clients[2].Remote("agents/2/set_pwer").Call(ctx, nil, 1)       // likewise
	if p, err := c.Connect(ctx, c.Agents()[3].Addr()); err != nil {
		t.Fatal(err)
	} else {
		load.Go(func() {
			for ctx.Err() == nil {
				_ = p.Sub("set_power").Call(ctx, nil, 1.0)
			}
		})
	}
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	b := open(t, srv.URL+"/debug/aiomas/", 1440, 830)
	b.scheme("dark")
	b.until(`document.querySelectorAll("#agents tbody tr").length === 4 && document.querySelectorAll("#errors tbody tr").length === 2`)
	if os.Getenv(screenshots) != "" { // the lines of the rates
		b.until(`document.querySelector('.tile[data-key="calls_total"] polyline').getAttribute("points").split(" ").length >= 12`)
	}
	b.picture("aiomas-debug.png")
}
