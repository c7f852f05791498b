// Command mosaik-check checks whether a simulator follows mosaik's rules, and draws runs.
//
//	mosaik-check [options] COMMAND… '%(addr)s'
//	mosaik-check plot [-o FILE] TRACE…
//	mosaik-check rules
//
// The command is that of mosaik's "cmd", except that quoting is that of the shell and
// %(python)s is not replaced. The exit status is 0 if no rule is broken, 1 if at least one
// is broken, and 2 if the simulator could not be checked.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/mosaik"
	"github.com/aiomas-go/aiomas-go/mosaik/check"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) > 0 && args[0] == "plot":
		return plot(args[1:], stdout, stderr)
	case len(args) == 1 && args[0] == "rules":
		for _, r := range check.Rules {
			fmt.Fprintf(stdout, "%-11s %s\n", r.Name, r.Text)
		}
		return 0
	}
	cfg, err := parse(args, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "mosaik-check:", err)
		return 2
	}
	report, err := check.Run(ctx, cfg)
	for _, f := range report.Findings {
		fmt.Fprintln(stdout, f)
	}
	if err != nil {
		fmt.Fprintln(stderr, "mosaik-check:", err)
		return 2
	}
	fmt.Fprintf(stdout, "%d plays, %d calls, ", len(report.Plays), report.Calls)
	if broken := report.Broken(); len(broken) > 0 {
		fmt.Fprintf(stdout, "broken rules: %s\n", strings.Join(broken, ", "))
		return 1
	}
	fmt.Fprintln(stdout, "no rule is broken")
	return 0
}

func parse(args []string, stderr io.Writer) (check.Config, error) {
	cfg := check.Config{}
	var initParams, params string
	fs := flag.NewFlagSet("mosaik-check", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&initParams, "init", "{}", "parameters of init, as `JSON`")
	fs.StringVar(&params, "params", "{}", "parameters of create by model, as `JSON`: {\"Model\": {\"x\": 1}}; others are guessed")
	fs.BoolVar(&cfg.Remote, "remote", false, "the simulator is to be tried with --remote, too")
	fs.DurationVar(&cfg.Answer, "answer", 10*time.Second, "how long an answer may take")
	fs.DurationVar(&cfg.End, "end", 5*time.Second, "how long the end may take")
	verbose := fs.Bool("v", false, "show what the simulator prints")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	cfg.Command = fs.Args()
	if *verbose {
		cfg.Stderr = stderr
	}
	if !strings.Contains(strings.Join(cfg.Command, " "), "%(addr)s") {
		return cfg, fmt.Errorf("want COMMAND… with %%(addr)s, as in mosaik's cmd; or plot, or rules")
	}
	var err error
	if cfg.Init, err = object[any](initParams); err != nil {
		return cfg, fmt.Errorf("-init: %w", err)
	}
	if cfg.Params, err = object[map[string]any](params); err != nil {
		return cfg, fmt.Errorf("-params: %w", err)
	}
	return cfg, nil
}

// object parses JSON and keeps the types of numbers: 1 is an int, 1.0 a float.
func object[V any](text string) (map[string]V, error) {
	var m map[string]V
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	for name, v := range m {
		m[name], _ = plain(v).(V)
	}
	return m, nil
}

func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		for k, e := range v {
			v[k] = plain(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plain(e)
		}
	}
	return v
}

func plot(args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("mosaik-check plot", flag.ContinueOnError)
	fs.SetOutput(stderr)
	out := fs.String("o", "run.html", "the `FILE` to write, a page (.html) or a drawing (.svg)")
	if fs.Parse(args) != nil {
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "mosaik-check:", err)
		return 2
	}
	if fs.NArg() == 0 {
		return fail(fmt.Errorf("want the traces to plot"))
	}
	var records []mosaik.Record
	for _, name := range fs.Args() {
		f, err := os.Open(name)
		if err != nil {
			return fail(err)
		}
		list, err := check.ReadTrace(f)
		_ = f.Close()
		if err != nil {
			return fail(fmt.Errorf("%s: %w", name, err))
		}
		records = append(records, list...)
	}
	f, err := os.Create(*out)
	if err != nil {
		return fail(err)
	}
	draw := check.Plot
	if filepath.Ext(*out) == ".svg" {
		draw = check.PlotSVG
	}
	if err := draw(f, records); err != nil {
		return fail(err)
	}
	if err := f.Close(); err != nil {
		return fail(err)
	}
	fmt.Fprintf(stdout, "%d calls drawn in %s\n", len(records), *out)
	return 0
}
