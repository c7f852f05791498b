// Package check checks whether a simulator, in any language, follows mosaik's rules: it
// acts as mosaik, at the level of the connection's bytes, and reports which rules are
// broken. It also draws traced runs. Its command is mosaik-check.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"
)

// Config describes the simulator to check.
type Config struct {
	// Command starts the simulator. In its arguments, "%(addr)s" is replaced by the address
	// to connect to. It is started once for each play.
	Command []string
	Dir     string
	Env     []string  // nil means that of this process
	Stderr  io.Writer // also for the simulator's standard output; nil discards it

	Init   map[string]any            // parameters of init
	Params map[string]map[string]any // parameters of create by model; those of other models are guessed
	Remote bool                      // also check the simulator with --remote

	Answer time.Duration // longest time for a reply; default 10 s, as in mosaik
	End    time.Duration // longest time until the end of the simulator; default 5 s
}

// Finding reports a broken rule.
type Finding struct {
	Rule string // the name of a [Rule]
	Play string // the name of the play
	Text string
}

func (f Finding) String() string {
	return fmt.Sprintf("%s: %s (in the play %q)", f.Rule, f.Text, f.Play)
}

// Report is the result of the plays.
type Report struct {
	Plays    []string // names of the plays
	Calls    int      // number of calls made
	Findings []Finding
}

// Broken returns the names of the broken rules, sorted.
func (r Report) Broken() []string {
	var names []string
	for _, f := range r.Findings {
		names = append(names, f.Rule)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Rule is one of mosaik's rules.
type Rule struct{ Name, Text string }

// Rules are the rules that are checked.
var Rules = []Rule{
	{"connect", "the simulator connects to mosaik within 10 s"},
	{"message", "each message is a frame with [type, id, content] in JSON; each request gets one reply"},
	{"reset", "the connection is ended, never reset: read what is there, end the stream, then close"},
	{"init", "init returns the meta data"},
	{"meta", "the meta data keep mosaik's rules"},
	{"create", "create returns as many entities as it was asked for, of that model"},
	{"ids", "entity ids are unique strings"},
	{"setup_done", "setup_done is answered"},
	{"step", "step returns an integer after its time, or None if the simulator is not time-based"},
	{"get_data", "get_data returns the values of attributes that were asked for, all persistent ones, and a time that is not in the past"},
	{"values", "NaN, Infinity, large integers and lone surrogates end neither the simulator nor its connection"},
	{"failure", "a failure is a list [type, message, *lines] of strings, and the simulator goes on serving"},
	{"requests", "only get_progress, get_related_entities, get_data, set_data and set_event are asked, and may be refused"},
	{"stop", "stop is answered with None or the end of the connection, and the process ends by itself with status 0"},
	{"sigterm", "the process ends after SIGTERM"},
	{"cut", "the process ends when the connection does"},
	{"remote", "with --remote the simulator waits for one connection"},
}

// errOver ends a play that cannot continue.
var errOver = errors.New("check: the play is over")

// play is one run of the simulator.
type play struct {
	ctx    context.Context
	cfg    *Config
	name   string
	report *Report
	sid    string

	*peer
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	meta meta
	eids map[string]string // the model of each entity
	seen map[string]bool   // see outputs
}

// Run runs all plays. An error means that the simulator could not be checked, for example
// because its program does not exist; broken rules are in the report.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if cfg.Answer == 0 {
		cfg.Answer = 10 * time.Second
	}
	if cfg.End == 0 {
		cfg.End = 5 * time.Second
	}
	var r Report
	if len(cfg.Command) == 0 {
		return r, errors.New("check: no command")
	}
	for i, p := range plays {
		if p.name == "remote" && !cfg.Remote {
			continue
		}
		r.Plays = append(r.Plays, p.name)
		pl := &play{ctx: ctx, cfg: &cfg, name: p.name, report: &r, sid: fmt.Sprintf("Check-%d", i), eids: map[string]string{}}
		if err := pl.run(p.f); err != nil {
			return r, err
		}
		if slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == "connect" || f.Rule == "init" }) {
			break // the other plays would fail as well
		}
		if err := ctx.Err(); err != nil {
			return r, err
		}
	}
	return r, nil
}

// run starts the simulator and calls f.
func (p *play) run(f func(*play)) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if v != any(errOver) {
				panic(v)
			}
		}
		p.kill()
	}()
	if p.name == "remote" {
		f(p)
		return nil
	}
	if err := p.start(); err != nil {
		return err
	}
	f(p)
	return nil
}

// broken records a broken rule.
func (p *play) broken(rule, format string, args ...any) {
	f := Finding{rule, p.name, fmt.Sprintf(format, args...)}
	if !slices.Contains(p.report.Findings, f) {
		p.report.Findings = append(p.report.Findings, f)
	}
}

// over records a broken rule after which the play cannot continue.
func (p *play) over(rule, format string, args ...any) {
	p.broken(rule, format, args...)
	panic(errOver)
}
