package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// everything is a run in which all contenders were alike.
func everything() Data {
	results := suite.Results{}
	samples := []suite.Sample{
		{Calls: 1000, Nanos: 1e8, Client: proc.Usage{CPU: 4e7, Mallocs: 5000, RSS: 1 << 20}, Server: proc.Usage{CPU: 5e7, Mallocs: 7000, RSS: 1 << 22}, Hop: 50},
		{Calls: 1100, Nanos: 1e8, Client: proc.Usage{CPU: 4e7, Mallocs: 5500, RSS: 1 << 20}, Server: proc.Usage{CPU: 5e7, Mallocs: 7700, RSS: 1 << 22}, Hop: 70},
	}
	put := func(s string, list []suite.Contender) {
		results[s] = map[string][]suite.Sample{}
		for _, c := range list {
			results[s][c.Name] = samples
		}
	}
	for _, s := range suite.All(false) {
		put(s.Name, s.Contenders)
	}
	put("idle", suite.IdleContenders())
	paced := slices.Clone(samples)
	h := hdrhistogram.New(1000, int64(time.Minute), 2)
	if err := h.RecordValue(40_000); err != nil {
		panic(err)
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err)
	}
	for i := range paced {
		paced[i].Times, paced[i].Late = string(text), string(text)
	}
	for _, t := range suite.Tails() {
		results[t.Name] = map[string][]suite.Sample{}
		for _, c := range t.Contenders {
			results[t.Name][suite.At(c.Name, suite.Peak)] = samples
			for _, rate := range t.Rates {
				results[t.Name][suite.At(c.Name, rate.Name)] = paced
			}
		}
	}
	results[suite.FirstName] = map[string][]suite.Sample{}
	for _, peer := range suite.FirstPeers {
		results[suite.FirstName][peer], results[suite.FirstName][suite.Warm(peer)] = samples, samples
	}
	return Data{Date: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Rounds: 2, Slice: time.Second, Results: results,
		Machine:  Machine{Costs: proc.Costs{PageFault: 300, SystemCall: 100, Hop: 50}},
		Versions: []string{"Python 3.11.7 with aiomas 2.0.1", "google.golang.org/grpc v1"}}
}

// The page of a full run lacks nothing, and its plots are well-formed.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	if err := everything().Write(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"not in this run", "not run", "NaN", "Inf", "%!", "<no value>"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if empty := regexp.MustCompile(`\| --- \|\n\n`).Find(page); empty != nil {
		t.Errorf("a table is empty: %q", empty)
	}
	plots, err := filepath.Glob(filepath.Join(dir, plotDir, "*.svg"))
	if err != nil || len(plots) == 0 {
		t.Fatal(plots, err)
	}
	for _, p := range plots {
		if !bytes.Contains(page, []byte(plotDir+"/"+filepath.Base(p))) {
			t.Errorf("%s is not on the page", p)
		}
		svg, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(svg))
		for err = nil; err == nil; {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", p, err)
		}
	}
	// All are alike, so that a ratio to be above 1 is short, with what is known
	// of it; one to be below 1 is not.
	for want, there := range map[string]bool{
		"* **Row 9, ":                              true,
		"decodes nothing (the limit) makes":        true,
		"* **Row 7, ":                              false,
		"| json | 10.5k | 40 · 40 · 40 · 40 |":     true,
		"Costs of this machine: 300 ns for a page": true,
		"Python 3.11.7 with aiomas":                true,
		"\n* From core to core: 60.0 (50.0–70.0) ns, at the start of a round.\n* Costs": true,
	} {
		if strings.Contains(string(page), want) != there {
			t.Errorf("%q: want %t", want, there)
		}
	}
}

// A page can be written of a run that was cut short.
func TestPageOfLittle(t *testing.T) {
	dir := t.TempDir()
	all := everything()
	all.Results = suite.Results{"sequential": all.Results["sequential"]}
	if err := all.Write(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "performance.md"))
	if err != nil || !bytes.Contains(page, []byte("(not in this run)")) {
		t.Errorf("%v: %.200s", err, page)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{engineering(0.616), "0.62"},
		{engineering(9.04), "9.04"},
		{engineering(999.6), "1.00k"},
		{engineering(41_400), "41.4k"},
		{engineering(999_600), "1.00M"},
		{engineering(2.32e9), "2.32G"},
		{axis(1e5), "100k"},
		{duration(29.3), "29.3 ns"},
		{duration(5410), "5.41 µs"},
		{duration(799e6), "799 ms"},
		{count(64 << 20), "64 MiB"},
		{count(100_000), "100k"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
