package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec/record"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

type unit struct{ agent.Agent }

// container starts a container with one agent, and returns its address without the slash.
func container(t *testing.T, class string) string {
	t.Helper()
	c, err := agent.NewContainer(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Register(&unit{}, agent.Class(class)); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(c.Addr(), "/")
}

// From one container on, those are found that its program dials, that are named beside it in a message, that are near
// those, and the others of the recording; one that does not answer is told.
func TestAgentsTree(t *testing.T) {
	plant, battery, forecast, other := container(t, "Plant"), container(t, "Battery"), container(t, "Forecast"), container(t, "Other")
	gone := fmt.Sprintf("tcp://127.0.0.1:%d", testnet.FreePort(t))
	file, err := os.Create(filepath.Join(t.TempDir(), "day.rec"))
	if err != nil {
		t.Fatal(err)
	}
	w := record.NewWriter(file)
	host := func(addr string) string { return strings.TrimPrefix(addr, "tcp://") }
	for _, e := range []record.Event{
		{Conn: 1, Kind: record.Opened, Addrs: [2]string{"127.0.0.1:40000", host(plant)}, Names: [2]string{"planner.py 1", "plant.py 2"}},
		{Conn: 2, Kind: record.Opened, Addrs: [2]string{"127.0.0.1:40001", host(battery)}, Names: [2]string{"plant.py 2", "battery.py 3"}},
		{Conn: 3, Kind: record.Opened, Addrs: [2]string{"127.0.0.1:40002", host(other)}},
		{Conn: 2, Kind: record.Frame, Data: []byte(`[0, 0, ["agents/0/ask", [{"whom": ["` + strings.Replace(forecast, "127.0.0.1", "localhost", 1) + `/0"]}], {}]]`)},
		{Conn: 3, Kind: record.Frame, Data: []byte(`[0, 0, ["agents/0/ask", ["tcp://nonsense", "` + gone + `/0"], {}]]`)},
	} {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	got := aiomasCmd(t, "", "agents", plant, "--tree", file.Name(), "--codec", "json")
	want := plant + "/0 Plant\n  " + battery + "/0 Battery\n    " + forecast + "/0 Forecast\n  " + other + "/0 Other\n"
	if got.code != exitOK || got.stdout != want || !strings.Contains(got.stderr, "aiomas: "+gone+": ") {
		t.Errorf("%d, got\n%s\nwant\n%s\nstderr %s", got.code, got.stdout, want, got.stderr)
	}
	got = aiomasCmd(t, "", "agents", battery, "--tree", file.Name(), "--codec", "json", "--json")
	if line, _, _ := strings.Cut(got.stdout, "\n"); line != `{"address": "`+battery+`/0", "class": "Battery"}` || !strings.Contains(got.stdout, `"class": "Forecast", "near": "`+battery+`"}`) {
		t.Errorf("%+v", got)
	}
	for addr, c := range map[string]struct {
		file string
		code int
	}{gone: {file.Name(), exitConnection}, plant: {"none.rec", exitFailed}} {
		if got := aiomasCmd(t, "", "agents", addr, "--tree", c.file); got.code != c.code {
			t.Errorf("%s: %+v", addr, got)
		}
	}
}
