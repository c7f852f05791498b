package mosaik

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// webScenario is others.py, which says a line now and then and waits until it may go on.
type webScenario struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	errs  strings.Builder
}

func (s *webScenario) next(t *testing.T) string {
	t.Helper()
	for s.lines.Scan() {
		if line := s.lines.Text(); !strings.HasPrefix(line, "<class") { // a simulator prints that
			return line
		}
	}
	_ = s.cmd.Wait()
	t.Fatalf("the scenario has ended: %s", s.errs.String())
	return ""
}

func (s *webScenario) goOn(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		t.Fatal(err)
	}
}

// topologyPage is what mosaik-web's page shows, as D3 and the document have it.
type topologyPage struct {
	Nodes map[string]struct {
		Type  string  `json:"type"`
		Value float64 `json:"value"`
		Fill  string  `json:"fill"`
		Drawn bool    `json:"drawn"`
	} `json:"nodes"`
	Links []string `json:"links"`
}

const readTopology = `(() => {
	const nodes = {}
	for (const circle of document.querySelectorAll('#topology circle.node')) {
		const box = circle.getBoundingClientRect(), d = d3.select(circle).datum()
		nodes[circle.querySelector('title').textContent] =
			{type: d.type, value: d.value, fill: circle.style.fill, drawn: box.width > 5 && box.left >= 0 && box.top >= 0}
	}
	const links = Array.from(document.querySelectorAll('#topology line.link'), l => {
		const d = d3.select(l).datum()
		return [d.source.name, d.target.name].sort().join(' ')
	})
	return {nodes, links}
})()`

// TestWebPageOfASimulationInGo runs the shape of mosaik's demo with the photovoltaics in Go, and
// looks at the page of mosaik-web in a browser: the simulator's entities are its nodes, where they
// belong, with their values and, after a click, their line.
func TestWebPageOfASimulationInGo(t *testing.T) {
	p := demoPython(t)
	ctx := openBrowser(t)
	s := &webScenario{cmd: python(t, p, "others.py", filepath.Join(t.TempDir(), "out.json"), "--web", "--pv", sims(t))}
	s.cmd.Stderr = &s.errs
	in, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.in, s.lines = in, bufio.NewScanner(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })

	if err := chromedp.Do(ctx, chromedp.Navigate(s.next(t))); err != nil {
		t.Fatal(err)
	}
	s.goOn(t)
	if line := s.next(t); line != "half" {
		t.Fatalf("the scenario says %q", line)
	}
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS("#topology circle.node"))); err != nil {
		t.Fatal(err)
	}
	s.goOn(t)
	var want map[string]float64
	if err := json.Unmarshal([]byte(s.next(t)), &want); err != nil {
		t.Fatal(err)
	}

	// The page is told four times a second what is new.
	page := awaitValues(ctx, t, want)
	for name, n := range page.Nodes {
		if kind := map[string]string{"CSV-0": "PV", "Houses-0": "House"}[strings.Split(name, ".")[0]]; kind != "" && n.Type != kind {
			t.Errorf("%s is a %s", name, n.Type)
		}
		if !n.Drawn || n.Fill == "" {
			t.Errorf("%s is not drawn, or without a colour: %+v", name, n)
		}
	}
	if a, b := page.Nodes["CSV-0.PV_0"].Fill, page.Nodes["Grid-0.0-node_a"].Fill; a == b {
		t.Errorf("PV and bus are both %s", a)
	}
	for i, bus := range []string{"a", "b", "c"} {
		for _, link := range []string{fmt.Sprintf("CSV-0.PV_%d Grid-0.0-node_%s", i, bus), fmt.Sprintf("Grid-0.0-node_%s Houses-0.House_%d", bus, i)} {
			if !slices.Contains(page.Links, link) {
				t.Errorf("no link %s among %q", link, page.Links)
			}
		}
	}
	checkTimeline(ctx, t, "CSV-0.PV_1")

	s.goOn(t)
	_ = s.in.Close()
	for s.lines.Scan() {
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the scenario: %v\n%s", err, s.errs.String())
	}
}

// awaitValues waits until the page shows these values, for these nodes and no others.
func awaitValues(ctx context.Context, t *testing.T, want map[string]float64) (page topologyPage) {
	t.Helper()
	eventually(t, "the page shows the last values", func() bool {
		var err error
		if page, err = chromedp.Run(ctx, chromedp.Evaluate[topologyPage](readTopology)); err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for name, n := range page.Nodes {
			got[name] = n.Value
		}
		return maps.Equal(got, want)
	})
	return page
}

// checkTimeline clicks on a node of the photovoltaics and looks at the values of the time line that
// appears: those of the second half of the run. mosaik-web draws it only when it has a day of them.
func checkTimeline(ctx context.Context, t *testing.T, node string) {
	t.Helper()
	click := fmt.Sprintf(`for (const c of document.querySelectorAll('#topology circle.node'))
		if (c.querySelector('title').textContent === %q) c.dispatchEvent(new MouseEvent('click'))`, node)
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](click)); err != nil {
		t.Fatal(err)
	}
	label, err1 := chromedp.Run(ctx, chromedp.TextContent(chromedp.CSS("#timeline text.label")))
	values, err2 := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`d3.select('#timeline path.line').datum().slice(-12)`))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	var want []float64
	for i := range 12 {
		want = append(want, -float64(12+i-5)*111.1)
	}
	if label != node || !slices.Equal(values, want) {
		t.Errorf("the time line is of %q, with %v, want %v", label, values, want)
	}
}
