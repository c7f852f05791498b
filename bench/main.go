// Command bench compares aiomas for Go with libraries that users could choose instead, and
// with real Python aiomas, and prints the table of figures and targets.
//
//	go run .                 # a full run; the samples go to ../.build/bench.json
//	go run . -short          # what CI runs: fails on a gross loss only
//	go run . -only 'echo'    # suites that match
//	go run . -docs ../docs   # writes docs/performance.md and its plots from the samples
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/report"
	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
	"github.com/aiomas-go/aiomas-go/bench/internal/table"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	short  bool
	rounds int
	slice  time.Duration
	only   string
	python string
	file   string
	docs   string

	profiles string
}

func run(args []string) error {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.profiles, "profiles", "", "let each Go process write a CPU profile to `DIR`")
	f.BoolVar(&o.short, "short", false, "a short run, which fails on a gross loss only")
	f.IntVar(&o.rounds, "rounds", 0, "rounds (default 21, short 5)")
	f.DurationVar(&o.slice, "slice", 0, "length of a slice (default 100ms, short 50ms)")
	f.StringVar(&o.only, "only", "", "run the suites that match `REGEXP`")
	f.StringVar(&o.python, "python", "", "the `INTERPRETER` with aiomas; default: what interop/python/env.sh makes")
	f.StringVar(&o.file, "file", "", "where the samples are kept (default ../.build/bench.json; none with -only or -short)")
	f.StringVar(&o.docs, "docs", "", "measure nothing: write performance.md and plots to `DIR` from the samples")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if o.file == "" && o.only == "" && !o.short {
		o.file = "../.build/bench.json"
	}
	if o.docs != "" {
		return o.render()
	}
	return o.measure()
}

func (o *options) measure() error {
	r, err := o.runner()
	if err != nil {
		return err
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	machine := report.ThisMachine()
	r.Log("this machine: %.0f ns for a page of memory, %.0f ns for a system call, %.0f ns from core to core",
		machine.Costs.PageFault, machine.Costs.SystemCall, machine.Costs.Hop)
	data := report.Data{Date: time.Now().UTC(), Machine: machine, Rounds: r.Rounds, Slice: r.Slice, Results: suite.Results{}}
	start := time.Now()
	failed := o.run(r, &data, only.MatchString)
	r.Log("%-28s %s", "in total", time.Since(start).Round(time.Second))
	rows := table.Rows(data.Results)
	if bad := gross(rows); o.short && len(bad) > 0 {
		// Repeat with longer slices, so that noise is less likely.
		r.Log("less than half of a target, so again: %s", strings.Join(bad, "; "))
		r.Rounds *= 2
		failed = errors.Join(failed, o.run(r, &data, func(s string) bool { return table.Concerns(rows, s, table.Figure.Gross) }))
		rows = table.Rows(data.Results)
	}
	fmt.Println()
	if hops := data.Results.AllHops(); len(hops) > 0 {
		fmt.Printf("from core to core: %s ns\n\n", suite.Summarise(hops).Format(suite.Number))
	}
	short := table.Print(os.Stdout, rows)
	switch bad := gross(rows); {
	case o.short && len(bad) > 0:
		failed = errors.Join(failed, fmt.Errorf("a gross loss, less than half of a target, twice:\n  %s", strings.Join(bad, "\n  ")))
	case o.short:
		fmt.Println("\nno gross loss: every figure that was run makes half of its target at least in its best round")
	case short > 0:
		fmt.Printf("\n%d figures are short of their targets\n", short)
	}
	return errors.Join(failed, o.save(data))
}

// run runs the requested suites. It continues after one that fails, since the results of
// the others are still useful.
func (o *options) run(r *suite.Runner, data *report.Data, wanted func(name string) bool) error {
	var failed []error
	keep := func(err error) {
		data.Versions = r.Versions
		failed = append(failed, err, o.save(*data)) // the measurements so far
	}
	for _, s := range suite.All(o.short) {
		if wanted(s.Name) {
			keep(r.Run(s, data.Results))
		}
	}
	if !o.short {
		for _, t := range suite.Tails() {
			if wanted(t.Name) {
				keep(r.RunTail(t, data.Results))
			}
		}
		if wanted(suite.FirstName) {
			keep(r.RunFirst(data.Results))
		}
	}
	if wanted("idle") {
		n, times := 10_000, 2
		if o.short {
			n, times = 2000, 1
		}
		keep(r.Idle(n, times, suite.IdleContenders(), data.Results))
	}
	return errors.Join(failed...)
}

// gross lists the figures that miss half of their target even in their best round.
func gross(rows []table.Row) (bad []string) {
	for _, r := range rows {
		for _, f := range r.Figures {
			if f.Gross() {
				bad = append(bad, fmt.Sprintf("row %d, %s: %s, target %s", r.No, f.Label, f.Text(), f.Want()))
			}
		}
	}
	return bad
}

func (o *options) runner() (*suite.Runner, error) {
	r := &suite.Runner{
		Rounds: 21, Slice: 100 * time.Millisecond, Python: o.python, Script: filepath.Join("python", "peer.py"),
		FastSource: filepath.Join("..", "interop", "python", "aiomas_fast", "src"),
		Profiles:   o.profiles,
		Log:        func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	}
	if o.short {
		r.Rounds, r.Slice = 5, 50*time.Millisecond
	}
	if o.rounds > 0 {
		r.Rounds = o.rounds
	}
	if o.slice > 0 {
		r.Slice = o.slice
	}
	if err := o.findPythons(r); err != nil {
		return nil, err
	}
	var err error
	r.Programs, err = build()
	return r, err
}

// save stores the samples of a full run, so that the docs can be generated from them.
// Samples of other runs are stored only if -file is set.
func (o *options) save(data report.Data) error {
	if o.file == "" {
		return nil
	}
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(o.file, b, 0o644)
}

func (o *options) render() error {
	b, err := os.ReadFile(o.file)
	if err != nil {
		return err
	}
	var data report.Data
	if err := json.Unmarshal(b, &data); err != nil {
		return err
	}
	return data.Write(o.docs)
}
