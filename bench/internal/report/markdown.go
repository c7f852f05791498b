package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
	"github.com/aiomas-go/aiomas-go/bench/internal/table"
)

//go:embed performance.md.tmpl
var page string

// plotDir is where the plots are, beside performance.md.
const plotDir = "performance"

// Write writes performance.md and its plots to dir.
func (d Data) Write(dir string) error {
	plots := d.plots()
	if err := os.MkdirAll(filepath.Join(dir, plotDir), 0o755); err != nil {
		return err
	}
	for _, p := range plots {
		if err := os.WriteFile(filepath.Join(dir, plotDir, p.File), p.SVG, 0o644); err != nil {
			return err
		}
	}
	t, err := template.New("").Funcs(template.FuncMap{
		"plot":  func(file string) string { return picture(plots, file) },
		"rows":  func() string { return targetTable(table.Rows(d.Results)) },
		"short": func() string { return shortOf(table.Rows(d.Results)) },
		"calls": func(s string) string { return d.callTable(s) },
		"ops":   func(s string) string { return d.codecTable(s) },
		"versions": func() string {
			return strings.Join(slices.Sorted(slices.Values(d.named())), ", ")
		},
	}).Parse(page)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "performance.md"), b.Bytes(), 0o644)
}

func picture(plots []Plot, file string) string {
	i := slices.IndexFunc(plots, func(p Plot) bool { return p.File == file })
	if i < 0 {
		return "(not in this run)"
	}
	return fmt.Sprintf("![%s](%s/%s)", plots[i].Title, plotDir, file)
}

// named are the versions that a reader asks for: of the peers, not of what
// they are built on.
func (d Data) named() []string {
	var list []string
	for _, v := range d.Versions {
		for _, name := range []string{"Python ", "aiomas ", "msgpack ", "google.golang.org/grpc ", "google.golang.org/protobuf ", "connectrpc.com/connect ",
			"github.com/sourcegraph/jsonrpc2 ", "github.com/goccy/go-json ", "github.com/vmihailenco/msgpack/v5 ", "github.com/tinylib/msgp "} {
			if strings.HasPrefix(v, name) {
				list = append(list, v)
			}
		}
	}
	return list
}

func targetTable(rows []table.Row) string {
	var b strings.Builder
	b.WriteString("| | measure | target | figure: median (min–max) | |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		for i, f := range r.Figures {
			no := ""
			if i == 0 {
				no = fmt.Sprint(r.No)
			}
			fmt.Fprintf(&b, "| %s | %s, %s | %s | %s | %s |\n", no, r.Measure, f.Label, f.Want(), f.Text(), emphasis(f.Verdict()))
		}
		if r.Others != "" {
			fmt.Fprintf(&b, "| | _others: %s_ | | | |\n", r.Others)
		}
	}
	return b.String()
}

func emphasis(verdict string) string {
	if verdict == "short" {
		return "**short**"
	}
	return verdict
}

// shortOf lists what misses its target, with what is known of the reason.
func shortOf(rows []table.Row) string {
	var b strings.Builder
	for _, r := range rows {
		var parts []string
		for _, f := range r.Figures {
			if f.Verdict() == "short" {
				parts = append(parts, fmt.Sprintf("%s: %s, target %s", f.Label, f.Text(), f.Want()))
			}
		}
		if parts != nil {
			fmt.Fprintf(&b, "* **Row %d, %s.** %s. %s\n", r.No, r.Measure, strings.Join(parts, "; "), reasons[r.No])
		}
	}
	if b.Len() == 0 {
		return "Nothing.\n"
	}
	return b.String()
}

// callTable lists the contenders of a suite, the fastest first.
func (d Data) callTable(s string) string {
	var b strings.Builder
	b.WriteString("| | calls/s: median (min–max) | CPU µs a call: caller | server | allocations |\n| --- | --- | --- | --- | --- |\n")
	for _, name := range d.Results.Names(s, suite.Rate) {
		rate, _ := d.Results.Of(s, name, suite.Rate)
		client, _ := d.Results.Of(s, name, suite.ClientCPU)
		server, _ := d.Results.Of(s, name, suite.ServerCPU)
		allocs, _ := d.Results.Of(s, name, suite.Mallocs)
		count := fmt.Sprintf("%.1f", allocs.Median)
		if strings.Contains(name, "python") {
			count = "–"
		}
		fmt.Fprintf(&b, "| %s | %s (%s–%s) | %.3g | %.3g | %s |\n", name,
			engineering(rate.Median), engineering(rate.Min), engineering(rate.Max), client.Median, server.Median, count)
	}
	return b.String()
}

// codecTable lists the operations of a suite of codec cases.
func (d Data) codecTable(s string) string {
	names := d.Results.Names(s, suite.NanosPerCall)
	slices.Reverse(names)
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(operation(a), operation(b)) })
	var b strings.Builder
	b.WriteString("| | | time: median (min–max) | allocations |\n| --- | --- | --- | --- |\n")
	for _, name := range names {
		nanos, _ := d.Results.Of(s, name, suite.NanosPerCall)
		allocs, _ := d.Results.Of(s, name, suite.Mallocs)
		unit, div := "ns", 1.0
		if nanos.Median >= 10_000 {
			unit, div = "µs", 1e3
		}
		library := strings.SplitN(name, "/", 4)[3]
		fmt.Fprintf(&b, "| %s | %s | %.3g (%.3g–%.3g) %s | %.0f |\n",
			operation(name), library, nanos.Median/div, nanos.Min/div, nanos.Max/div, unit, allocs.Median)
	}
	return b.String()
}
