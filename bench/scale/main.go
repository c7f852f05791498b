// Command scale measures systems of many agents in many containers, and writes docs/scale.md
// with its plots.
//
//	go run ./scale -docs ../docs                                         # make scale
//	go run ./scale -agents 100000 -containers 100 -processes 10          # one shape
//	go run ./scale -agents 1000 -containers 10 -processes 10 -python PY  # the same on aiomas
//	go run ./scale -simulate 10000000 -containers 320 -machines 10       # a shape that is not here
//	go run ./scale -render -docs ../docs                                 # writes the page again
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
	"github.com/aiomas-go/aiomas-go/bench/internal/scale"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

type options struct {
	member, python, docs, profiles string
	limit                          string
	short, render, tcp             bool
	shape                          scale.Shape
	steps, divide                  int
	kinds                          string
	simulate                       float64
	machines, cores                int
}

// record is where the last measurements are kept, for docs/scale.md and the tests.
var record = filepath.Join("internal", "scale", "measured.json")

// gcPercent lets heaps grow to five times their size before they are collected, as a program
// of this kind should.
const gcPercent = 400

func run(ctx context.Context, args []string) error {
	debug.SetGCPercent(gcPercent)
	var o options
	f := flag.NewFlagSet("scale", flag.ContinueOnError)
	f.StringVar(&o.member, "member", "", "be a process with containers, whose manager listens at `ADDRESS`")
	f.StringVar(&o.limit, "limit", "", "be a process of a limit, with a configuration in `JSON`")
	f.StringVar(&o.python, "python", "", "the `INTERPRETER` with aiomas; default: what interop/python/env.sh makes")
	f.StringVar(&o.profiles, "profiles", "", "let each Go process write a CPU profile to `DIR`")
	f.StringVar(&o.docs, "docs", "", "write scale.md and its plots to `DIR`, and keep the measurements")
	f.BoolVar(&o.short, "short", false, "all shapes, but small ones")
	f.BoolVar(&o.render, "render", false, "measure nothing: use the measurements that are kept")
	f.BoolVar(&o.tcp, "tcp", false, "connect processes by TCP")
	f.IntVar(&o.shape.Agents, "agents", 0, "one shape: so many agents")
	f.IntVar(&o.shape.Containers, "containers", 100, "one shape: so many containers")
	f.IntVar(&o.shape.Processes, "processes", 10, "one shape: so many processes, of which each has as many containers; 1: this one")
	f.IntVar(&o.steps, "steps", 5, "so many steps of each kind")
	f.IntVar(&o.divide, "divide", 1, "all shapes, with the numbers of agents divided by so much")
	f.StringVar(&o.kinds, "kinds", "", "one shape: only these kinds of steps, as known,pairs")
	f.Float64Var(&o.simulate, "simulate", 0, "measure nothing: simulate so many agents")
	f.IntVar(&o.machines, "machines", 1, "simulate: so many machines")
	f.IntVar(&o.cores, "cores", 32, "simulate: cores of a machine")
	if err := f.Parse(args); err != nil {
		return err
	}
	profile := ""
	if o.profiles != "" {
		profile = filepath.Join(o.profiles, fmt.Sprintf("scale-%d.pprof", os.Getpid()))
	}
	return proc.Profiled(profile, func() error { return o.run(ctx) })
}

func (o *options) run(ctx context.Context) error {
	switch {
	case o.member != "":
		return scale.Member(ctx, o.member)
	case o.limit != "":
		return scale.LimitMember(o.limit)
	case o.simulate > 0:
		return o.play()
	case o.render:
		r, err := scale.Measured()
		return errors.Join(err, r.Write(o.docs))
	}
	programs, err := o.programs()
	if err != nil {
		return err
	}
	if o.shape.Agents > 0 {
		return o.one(ctx, programs)
	}
	return o.all(ctx, programs)
}

// programs are this one, and Python with scale.py.
func (o *options) programs() (p scale.Programs, err error) {
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Stderr = os.Stderr
		return cmd
	}
	p.Limit = func(config string) *exec.Cmd { return command(self, "-limit", config) }
	p.Member = func(addr string) *exec.Cmd { return command(self, "-member", addr, "-profiles", o.profiles) }
	python := o.python
	if python == "" && o.shape.Agents == 0 {
		env := command("sh", filepath.Join("..", "interop", "python", "env.sh"), "--blosc", filepath.Join("..", ".build", "bench-venv"))
		out, err := env.Output()
		if python = strings.TrimSpace(string(out)); err != nil {
			fmt.Fprintln(os.Stderr, "scale: rows with Python are left out:", err)
			return p, nil
		}
	}
	if python != "" {
		p.Python = func(addr string) *exec.Cmd {
			return command(python, "-W", "ignore", filepath.Join("python", "scale.py"), addr)
		}
	}
	return p, nil
}

// one measures one shape, and prints it.
func (o *options) one(ctx context.Context, programs scale.Programs) error {
	s := o.shape
	s.Python, s.TCP = o.python != "", o.tcp || o.python != ""
	if s.Containers%s.Processes != 0 || s.Python && s.Containers != s.Processes {
		return fmt.Errorf("%d containers cannot be in %d processes", s.Containers, s.Processes)
	}
	kinds := slices.Concat(scale.Kinds, scale.Limits)
	switch {
	case s.Python:
		kinds = []scale.Kind{scale.Connect, scale.Known}
	case s.Processes == 1, !scale.HasLimit:
		kinds = scale.Kinds
	}
	rounds := scale.Rounds{}
	for _, k := range kinds {
		if o.kinds == "" || slices.Contains(strings.Split(o.kinds, ","), string(k)) {
			rounds[k] = o.steps
		}
	}
	r, err := scale.Run(ctx, s, rounds, programs)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(r)
}

// all measures what docs/scale.md shows, and prints it.
func (o *options) all(ctx context.Context, programs scale.Programs) error {
	log := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	r, err := scale.Measure(ctx, scale.Plans(o.short, programs.Python != nil, o.steps, o.divide), programs, log)
	if err != nil {
		return err
	}
	fmt.Println(r.Tables())
	if o.docs == "" {
		return nil
	}
	return errors.Join(r.Save(record), r.Write(o.docs))
}

// play simulates one shape with the measured costs.
func (o *options) play() error {
	r, err := scale.Measured()
	if err != nil {
		return err
	}
	costs := scale.Fit(r)
	for _, k := range scale.Kinds {
		s := scale.System{
			Agents: o.simulate, Containers: float64(o.shape.Containers), Places: 1,
			Place: scale.Place{Machines: o.machines, Cores: o.cores, Link: 25e9 / 8}, Net: scale.Net{Latency: 50e-6, Bytes: 120}, Kind: k,
		}
		if _, measured := costs.Step[k]; !measured {
			continue
		}
		fmt.Printf("%-10s %8.2f steps/s\n", k, 1/scale.Simulate(costs, s))
	}
	return nil
}
