// Package suite runs groups of peers against each other. In each round, all contenders of a
// suite run once, in random order, for a short slice. A disturbance of the machine that
// lasts longer affects all of them, and ratios are formed only between slices of the same
// round.
package suite

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// Suite is a group of contenders that are compared with each other.
type Suite struct {
	Name       string
	Pinned     bool // all processes on one core
	Restarts   bool // all processes are restarted every few rounds
	MaxRounds  int  // fewer rounds than others, to save time; 0: no limit
	Contenders []Contender
}

// Contender is one line of a suite.
type Contender struct {
	Name     string
	Server   string // a Go peer, "python-json", "python-c-msgpack", "python-new-fast-json"…; empty if not needed
	Client   string // likewise, or a case of package codecs
	Work     string
	Size     int
	InFlight int
	Conns    int
	Env      []string // "NAME=VALUE" for its processes
}

// python reports whether an end of c is a Python process.
func (c Contender) python() bool {
	return strings.HasPrefix(c.Server, "python-") || strings.HasPrefix(c.Client, "python-")
}

// Sample is the measurement of one slice.
type Sample struct {
	Calls  int64      `json:"calls"`
	Nanos  int64      `json:"nanos"`
	Client proc.Usage `json:"client"`
	Server proc.Usage `json:"server"`
	// Hop is the time for a word to get from one core to another at the beginning of the
	// round, in ns; 0 if there is only one core. Some virtual machines alternate between
	// two values every few minutes.
	Hop float64 `json:"hop,omitempty"`
	// At a fixed rate: the times of the calls, and how late the generator made them, as
	// histograms in their text form.
	Times string `json:"times,omitempty"`
	Late  string `json:"late,omitempty"`
}

// Results are the samples by suite and contender, one for each round.
type Results map[string]map[string][]Sample

// Runner runs suites.
type Runner struct {
	Rounds int
	Slice  time.Duration
	// Interpreters with aiomas. PythonC has a msgpack in C, PythonNew has aiomas_compat and
	// the newest msgpack. Contenders whose interpreter is empty are left out.
	Python, PythonC, PythonNew string

	FastSource string // the directory with aiomas_fast

	Script string // python/peer.py
	// Programs is the directory with the programs of the Go processes.
	Programs string
	Log      func(format string, args ...any)

	// Profiles is a directory in which each Go process writes a CPU profile of its whole
	// run; empty for none.
	Profiles string

	Versions []string // of all processes, without duplicates
}

// The speed of Python processes differs by up to a fifth for their whole life, depending on
// their memory layout. Processes that exchange messages of 1 MiB differ even by a factor of
// two. Their suites restart all processes after this number of rounds.
const livesFor = 3

// Run runs a suite and adds its samples to results.
func (r *Runner) Run(s Suite, results Results) error {
	var pairs []*pair
	stop := func() {
		for _, p := range pairs {
			p.stop()
		}
		pairs = nil
	}
	defer stop()
	restarts := s.Restarts || slices.ContainsFunc(s.Contenders, Contender.python)
	start := time.Now()
	samples := make(map[string][]Sample)
	rounds := r.Rounds
	if s.MaxRounds > 0 {
		rounds = min(rounds, s.MaxRounds)
	}
	for round := range rounds {
		fresh := round == 0 || restarts && round%livesFor == 0
		if fresh {
			stop()
			for _, c := range s.Contenders {
				if !r.has(c) {
					continue
				}
				p, err := r.start(s, c)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", s.Name, c.Name, err)
				}
				pairs = append(pairs, p)
			}
			if err := r.round(s, pairs, nil); err != nil { // warm-up
				return err
			}
		}
		if err := r.round(s, pairs, samples); err != nil {
			return err
		}
	}
	results[s.Name] = samples
	hops := ""
	if all := results.Hops(s.Name); len(all) > 0 {
		hops = ", from core to core " + Summarise(all).Format(Number) + " ns"
	}
	r.Log("%-28s %d contenders, %d rounds, %.1fs%s", s.Name, len(pairs), rounds, time.Since(start).Seconds(), hops)
	return nil
}

// round lets each contender run for a slice, and adds the measurements to samples unless
// that is nil.
func (r *Runner) round(s Suite, pairs []*pair, samples map[string][]Sample) error {
	hop := 0.0
	if !s.Pinned && samples != nil {
		hop = proc.Hop()
	}
	for _, i := range rand.Perm(len(pairs)) {
		p := pairs[i]
		sample, err := p.run(r.Slice)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", s.Name, p.Name, err)
		}
		if samples != nil {
			sample.Hop = hop
			samples[p.Name] = append(samples[p.Name], sample)
		}
	}
	return nil
}

// pair is a running contender.
type pair struct {
	Contender
	server, client *proc.Process
}

// programs are the programs of directory peers with several peers, or with peers of other
// names than their own.
var programs = map[string]string{
	"json": "aiomas", "msgpack": "aiomas", "null": "aiomas", "msgpack-blosc": "blosc", "gob": "netrpc", "jsonrpc": "netrpc",
	"agents-json": "agents", "agents-msgpack": "agents", "noturns-json": "agents", "noturns-msgpack": "agents",
	"nats-json": "nats", "nats-msgpack": "nats", "nats-plain": "nats", "nats-directory": "nats", "nats-kv": "nats", "nats-copy": "nats", "nats-socket": "nats",
	"plain-json": "plain", "plain-msgpack": "plain", "noheartbeat-json": "noheartbeat", "noinline-json": "noinline",
	"frames-json": "frames",
	"raw-json":    "raw", "raw-msgpack": "raw", "parked-json": "raw", "parked-msgpack": "raw", "parked-limit-json": "raw", "parked-limit-msgpack": "raw", "limit-json": "raw", "limit-msgpack": "raw", "limit-msgpack-blosc": "blosc",
	"raw-epoll-json": "epoll", "raw-epoll-msgpack": "epoll", "codec-epoll-json": "epoll", "codec-epoll-msgpack": "epoll",
	"checked-epoll-json": "epoll", "checked-epoll-msgpack": "epoll", "text-epoll-json": "epoll", "text-epoll-msgpack": "epoll",
}

// goArgs returns the command that starts the program of a Go peer in a role.
func (r *Runner) goArgs(s Suite, c Contender, role, peer string, args ...string) []string {
	args = append([]string{filepath.Join(r.Programs, cmp.Or(programs[peer], peer))}, args...)
	if r.Profiles != "" {
		name := strings.ReplaceAll(s.Name+"-"+c.Name+"-"+role, "/", "-")
		args = append(args, "-cpuprofile", filepath.Join(r.Profiles, name+".prof"))
	}
	return args
}

func (r *Runner) start(s Suite, c Contender) (*pair, error) {
	cpu := -1
	if s.Pinned {
		cpu = proc.LastCPU()
	}
	p := &pair{Contender: c}
	var err error
	size := strconv.Itoa(c.Size)
	if c.Server == "" {
		p.client, err = r.process(cpu, c.Env, r.goArgs(s, c, "case", "codecs", "-case", c.Client)...)
		return p, err
	}
	if py := r.python(c.Server); py.codec != "" {
		p.server, err = r.process(cpu, append(py.env, c.Env...), py.path, r.Script, "serve", py.codec, c.Work, size)
	} else {
		p.server, err = r.process(cpu, c.Env, r.goArgs(s, c, "server", c.Server, "-serve", c.Server, "-work", c.Work, "-size", size)...)
	}
	if err != nil {
		return nil, err
	}
	addr := p.server.Ready.Addr
	if py := r.python(c.Client); py.codec != "" {
		p.client, err = r.process(cpu, append(py.env, c.Env...), py.path, r.Script, "drive", py.codec, c.Work, size, addr)
	} else {
		p.client, err = r.process(cpu, c.Env, r.goArgs(s, c, "client", c.Client, "-drive", c.Client, "-addr", addr, "-work", c.Work, "-size", size)...)
	}
	if err != nil {
		p.server.Stop()
		return nil, err
	}
	return p, nil
}

func (r *Runner) process(cpu int, env []string, argv ...string) (*proc.Process, error) {
	p, err := proc.Start(proc.Spec{Argv: argv, Env: env, CPU: cpu})
	if err != nil {
		return nil, err
	}
	for _, v := range p.Ready.Version {
		if !slices.Contains(r.Versions, v) {
			r.Versions = append(r.Versions, v)
		}
	}
	return p, nil
}

func (p *pair) stop() {
	p.client.Stop()
	if p.server != nil {
		p.server.Stop()
	}
}

func (p *pair) run(slice time.Duration) (s Sample, err error) {
	var before, after proc.Usage
	if p.server != nil {
		if before, err = p.server.Usage(); err != nil {
			return s, err
		}
	}
	r, err := p.client.Ask(proc.Request{
		Op: "run", Work: p.Work, Size: p.Size, InFlight: max(p.InFlight, 1), Conns: p.Conns, Nanos: int64(slice),
	})
	if err != nil {
		return s, err
	}
	if p.server != nil {
		if after, err = p.server.Usage(); err != nil {
			return s, err
		}
	}
	return Sample{Calls: r.Calls, Nanos: r.Nanos, Client: r.Usage, Server: after.Sub(before)}, nil
}

// has reports whether everything that a contender needs is available.
func (r *Runner) has(c Contender) bool {
	for _, peer := range []string{c.Server, c.Client} {
		if py := r.python(peer); py.codec != "" && py.path == "" {
			return false
		}
		if programs[peer] == "epoll" && runtime.GOOS != "linux" {
			return false
		}
	}
	return true
}

// python describes how a peer in Python is run.
type python struct {
	codec string   // empty if it is not Python
	path  string   // the interpreter; empty if there is none
	env   []string // "NAME=VALUE"
}

func (r *Runner) python(peer string) python {
	rest, ok := strings.CutPrefix(peer, "python-")
	if !ok {
		return python{}
	}
	py := python{path: r.Python}
	var modules []string
	if after, ok := strings.CutPrefix(rest, "c-"); ok {
		rest, py.path = after, r.PythonC
	} else if after, ok := strings.CutPrefix(rest, "new-"); ok {
		rest, py.path = after, r.PythonNew
		modules = append(modules, "aiomas_compat")
	}
	if after, ok := strings.CutPrefix(rest, "fast-"); ok {
		rest = after
		modules = append(modules, "aiomas_fast")
		py.env = append(py.env, "PYTHONPATH="+r.FastSource)
	}
	if modules != nil {
		py.env = append(py.env, "BENCH_IMPORT="+strings.Join(modules, ","))
	}
	py.codec = rest
	return py
}
