package scale

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// The limits of the machine for steps with known agents: processes with one loop each exchange
// frames of the same sizes between the same containers, by bare system calls, with as few of them
// as the library could need, and without codecs, calls, turns, goroutines and locks.
const (
	Bare    Kind = "bare"    // only the frames
	Touched Kind = "touched" // each call also touches the agent that is called, and then the one that calls
)

// Limits are the kinds of limits.
var Limits = []Kind{Bare, Touched}

// limitConfig tells a process of a limit what it is.
type limitConfig struct {
	Index      int    `json:"index"` // of the process; it has the containers Index, Index + Processes, …
	Processes  int    `json:"processes"`
	Containers int    `json:"containers"`
	Each       int    `json:"each"` // agents of a container
	Dir        string `json:"dir"`  // of sockets; empty: TCP
}

// limitDone is what a process says after a step.
type limitDone struct {
	CPU float64 `json:"cpu"` // seconds so far
}

// limitProcess is a process of a limit.
type limitProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (p *limitProcess) say(v any) error { return json.NewEncoder(p.in).Encode(v) }

func (p *limitProcess) hear(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("a process of the limit has ended: %w", err)
	}
	return json.Unmarshal(line, v)
}

// measureLimits measures the limits of a shape.
func measureLimits(ctx context.Context, r *Result, rounds Rounds, program func(config string) *exec.Cmd) (err error) {
	dir := ""
	if !r.Shape.TCP {
		if dir, err = os.MkdirTemp("", "limit"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	}
	list, err := startLimit(r.Shape, dir, program)
	defer func() { err = errors.Join(err, stopLimit(list)) }()
	if err != nil {
		return err
	}
	for _, kind := range Limits {
		if err := limitSteps(ctx, r, list, kind, rounds[kind]); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// startLimit starts the processes, and lets them connect to each other.
func startLimit(s Shape, dir string, program func(config string) *exec.Cmd) (list []*limitProcess, err error) {
	addrs := make([]string, s.Containers)
	for i := range s.Processes {
		config, err := json.Marshal(limitConfig{i, s.Processes, s.Containers, s.Agents / s.Containers, dir})
		if err != nil {
			return list, err
		}
		cmd := program(string(config))
		cmd.Env = s.environment(cmd)
		p := &limitProcess{cmd: cmd}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return list, err
		}
		p.out = bufio.NewReader(out)
		if p.in, err = cmd.StdinPipe(); err != nil {
			return list, err
		}
		if err := cmd.Start(); err != nil {
			return list, err
		}
		list = append(list, p)
		var own []string
		if err := p.hear(&own); err != nil {
			return list, err
		}
		for k, addr := range own {
			addrs[i+k*s.Processes] = addr
		}
	}
	for _, p := range list {
		if err := p.say(addrs); err != nil {
			return list, err
		}
	}
	for _, p := range list {
		var ready limitDone
		if err := p.hear(&ready); err != nil {
			return list, err
		}
	}
	return list, nil
}

// stopLimit ends the processes: each ends with its input.
func stopLimit(list []*limitProcess) (err error) {
	for _, p := range list {
		err = errors.Join(err, p.in.Close())
	}
	for _, p := range list {
		err = errors.Join(err, p.cmd.Wait())
	}
	return err
}

// limitSteps measures steps after one that is not measured.
func limitSteps(ctx context.Context, r *Result, list []*limitProcess, kind Kind, n int) error {
	var took []float64
	var cpu [2]float64
	for i := range n + 1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := time.Now()
		for _, p := range list {
			if err := p.say(kind); err != nil {
				return err
			}
		}
		sum := 0.0
		for _, p := range list {
			var done limitDone
			if err := p.hear(&done); err != nil {
				return err
			}
			sum += done.CPU
		}
		if cpu[1] = sum; i == 0 {
			cpu[0] = sum
			continue
		}
		took = append(took, time.Since(began).Seconds())
	}
	if len(took) > 0 {
		r.Steps[kind] = 1 / suite.Summarise(took).Median
		r.CPU[kind] = (cpu[1] - cpu[0]) / float64(n)
	}
	return nil
}

// limited reports whether rounds have limits.
func (r Rounds) limited() bool {
	return slices.ContainsFunc(Limits, func(k Kind) bool { return r[k] > 0 })
}
