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

// plotDir is the directory of the plots, beside performance.md.
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
		"plot":     func(file string) string { return picture(plots, file) },
		"summary":  d.summary,
		"rows":     func() string { return targetTable(table.Rows(d.Results)) },
		"short":    func() string { return shortOf(table.Rows(d.Results)) },
		"again":    again,
		"calls":    func(s string) string { return d.callTable(s) },
		"ops":      func(s string) string { return d.codecTable(s) },
		"grown":    func(s string) string { return d.growthTable(s) },
		"idle":     func() string { return d.idleTable() },
		"tail":     func(s string) string { return d.tailTable(s) },
		"late":     func(s string) string { return d.lateTable(s) },
		"study":    func() string { return d.studyTable() },
		"first":    func() string { return d.firstTable() },
		"parts":    func() string { return d.partsTable() },
		"costs":    func() string { return d.costs() },
		"versions": d.versions,
		"hop":      func() string { return hop(d.Results.AllHops()) },
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

// summary returns the first paragraph of the page: what its figures mean, in three lines.
func (d Data) summary() string {
	text := func(v suite.Summary, ok bool) string {
		if !ok {
			return "?"
		}
		return suite.Number(v.Median)
	}
	over := func(s, a, b string, v suite.Value) string { return text(d.Results.Ratio(s, a, v, b, v)) }
	const one, many, python = "sequential", "in-flight-100", "python-1"
	tail := suite.TailName("add", 1)
	return fmt.Sprintf("* **Speed.** A Go program makes %s times as many calls as with gRPC, %s times with 100 in flight, and %s of what raw system calls allow one at a time. "+
		"With Python at the other end it makes %s times the calls of a Python client, and answers %s times as many.\n"+
		"* **The slowest calls.** At 10,000 calls a second the slowest of a hundred takes %s of its time with gRPC, and %s times that of frames without any library.\n"+
		"* **Cost.** %s allocations a call, of both ends together, and %s KiB for an idle connection.\n",
		over(one, "json", "grpc", suite.Rate), over(many, "json", "grpc", suite.Rate), over(one, "json", "raw-epoll-json", suite.Rate),
		over(python, "json:go-python", "json:python-python", suite.Rate), over(python, "json:python-go", "json:python-python", suite.Rate),
		over(tail, suite.At("json", "10k"), suite.At("grpc", "10k"), suite.P99), over(tail, suite.At("json", "10k"), suite.At("raw-json", "10k"), suite.P99),
		text(d.Results.Of(one, "json", suite.Mallocs)), text(d.Results.Of("idle", "json", func(s suite.Sample) float64 { return suite.Memory(s) / 1024 })))
}

func picture(plots []Plot, file string) string {
	i := slices.IndexFunc(plots, func(p Plot) bool { return p.File == file })
	if i < 0 {
		return "(not in this run)"
	}
	return fmt.Sprintf("![%s](%s/%s)", plots[i].Title, plotDir, file)
}

// versions returns the versions that interest a reader: those of the peers, without those
// of their dependencies.
func (d Data) versions() (list []string) {
	var modules []string
	for _, v := range d.Versions {
		if strings.HasPrefix(v, "Python ") {
			list = append(list, v)
		}
		for _, name := range []string{"google.golang.org/grpc ", "google.golang.org/protobuf ", "connectrpc.com/connect ", "github.com/sourcegraph/jsonrpc2 ",
			"github.com/goccy/go-json ", "github.com/vmihailenco/msgpack/v5 ", "github.com/tinylib/msgp "} {
			if strings.HasPrefix(v, name) {
				modules = append(modules, v)
			}
		}
	}
	slices.Sort(list)
	slices.Sort(modules)
	return append(list, strings.Join(modules, ", "))
}

// hop returns a list item about the cores, if there are several.
func hop(all []float64) string {
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("* From core to core: %s ns, at the start of a round.\n", suite.Summarise(all).Format(suite.Number))
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
			fmt.Fprintf(&b, "| | _%s_ | | | |\n", r.Others)
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

// shortOf lists the figures that miss their targets, with reasons found in the samples.
func shortOf(rows []table.Row) string {
	var b strings.Builder
	for _, r := range rows {
		var parts []string
		for _, f := range r.Figures {
			if f.Short() {
				part := fmt.Sprintf("%s: %s, target %s", f.Label, f.Text(), f.Want())
				if f.Apart != "" {
					part += " (" + f.Apart + ")"
				}
				parts = append(parts, part)
			}
		}
		if parts != nil {
			text := fmt.Sprintf("* **Row %d, %s.** %s. %s", r.No, r.Measure, strings.Join(parts, "; "), r.Why)
			b.WriteString(strings.TrimSpace(text) + "\n")
		}
	}
	if b.Len() == 0 {
		return "Nothing.\n"
	}
	return b.String()
}

// again returns the command that measures one suite.
func again(s string) string {
	return fmt.Sprintf("`go run . -only '^%s$'`", s)
}

// callTable lists the contenders of a suite, the fastest first.
func (d Data) callTable(s string) string {
	var b strings.Builder
	b.WriteString("| | calls/s: median (min–max) | CPU for a call: client | server | allocations |\n| --- | --- | --- | --- | --- |\n")
	for _, name := range d.Results.Names(s, suite.Rate) {
		rate, _ := d.Results.Of(s, name, suite.Rate)
		client, _ := d.Results.Of(s, name, suite.ClientCPU)
		server, _ := d.Results.Of(s, name, suite.ServerCPU)
		allocs, _ := d.Results.Of(s, name, suite.Mallocs)
		count := fmt.Sprintf("%.1f", allocs.Median)
		if strings.Contains(name, "python") {
			count = "–"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name,
			rate.Format(engineering), duration(1e3*client.Median), duration(1e3*server.Median), count)
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
		library := strings.SplitN(name, "/", 4)[3]
		fmt.Fprintf(&b, "| %s | %s | %s | %.0f |\n", operation(name), library, nanos.Format(duration), allocs.Median)
	}
	return b.String()
}

// growthTable lists the points of a growth plot.
func (d Data) growthTable(s string) string {
	var b strings.Builder
	for _, g := range suite.Growths(false) {
		if g.Name != s {
			continue
		}
		b.WriteString("| |")
		for _, p := range g.Points {
			fmt.Fprintf(&b, " %s |", count(float64(p)))
		}
		b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(g.Points)) + "\n")
		for _, codec := range suite.Ours {
			fmt.Fprintf(&b, "| %s |", codec)
			for _, p := range g.Points {
				text := "–"
				if v, ok := d.Results.Of(s, suite.GrowthName(codec, p), growthValue(s, p)); ok {
					text = engineering(v.Median)
				}
				fmt.Fprintf(&b, " %s |", text)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// idleTable lists the memory of idle connections.
func (d Data) idleTable() string {
	var b strings.Builder
	b.WriteString("| | KiB for a connection: median (min–max) |\n| --- | --- |\n")
	names := d.Results.Names("idle", suite.Memory)
	slices.Reverse(names)
	for _, name := range names {
		v, _ := d.Results.Of("idle", name, suite.Memory)
		fmt.Fprintf(&b, "| %s | %s |\n", name, v.Format(func(x float64) string { return suite.Number(x / 1024) }))
	}
	return b.String()
}
