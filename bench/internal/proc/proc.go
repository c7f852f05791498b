// Package proc runs each peer of the bench as a process of its own and talks to
// it by lines of JSON: requests on its stdin, replies on its stdout. A process
// tells its own use of CPU, memory and allocations.
package proc

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Request tells a process what to do.
type Request struct {
	Op       string `json:"op"` // "run", "usage" or "idle"
	Work     string `json:"work,omitempty"`
	InFlight int    `json:"in_flight,omitempty"`
	Size     int    `json:"size,omitempty"`
	Conns    int    `json:"conns,omitempty"`
	Nanos    int64  `json:"nanos,omitempty"` // length of the slice
}

// Reply is what a process answers. A process that has started sends one with
// its address unasked.
type Reply struct {
	Addr    string   `json:"addr,omitempty"`
	Version []string `json:"version,omitempty"` // of what the process is made
	Calls   int64    `json:"calls,omitempty"`
	Nanos   int64    `json:"nanos,omitempty"`
	Usage   Usage    `json:"usage,omitzero"` // of a run only: the difference
	Error   string   `json:"error,omitempty"`
}

// Usage is what a process has used since it started.
type Usage struct {
	CPU     int64 `json:"cpu"`     // ns, user and system
	Mallocs int64 `json:"mallocs"` // heap objects; 0 from Python
	RSS     int64 `json:"rss"`     // bytes now
}

// Sub returns what was used since before.
func (u Usage) Sub(before Usage) Usage {
	return Usage{u.CPU - before.CPU, u.Mallocs - before.Mallocs, u.RSS - before.RSS}
}

// Spec says how to start a process.
type Spec struct {
	Argv []string
	Env  []string // besides that of this process
	CPU  int      // the only core that it may use, or -1
}

// Process is a running peer. It answers one request at a time.
type Process struct {
	Ready Reply

	name    string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	replies chan Reply // closed when stdout has ended
}

// A process that takes longer than this for an answer, besides the time that
// it was told to work, hangs.
const patience = 120 * time.Second

// Start starts a process and waits until it is ready.
func Start(s Spec) (*Process, error) {
	cmd := exec.Command(s.Argv[0], s.Argv[1:]...)
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startOn(cmd, s.CPU); err != nil {
		return nil, err
	}
	p := &Process{name: strings.Join(s.Argv, " "), cmd: cmd, stdin: stdin, replies: make(chan Reply, 1)}
	go p.read(stdout)
	if p.Ready, err = p.receive(patience); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (p *Process) read(stdout io.Reader) {
	defer close(p.replies)
	d := json.NewDecoder(bufio.NewReader(stdout))
	for {
		var r Reply
		if err := d.Decode(&r); err != nil {
			return
		}
		p.replies <- r
	}
}

func (p *Process) receive(wait time.Duration) (Reply, error) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case r, ok := <-p.replies:
		switch {
		case !ok:
			return r, fmt.Errorf("%s ended", p.name)
		case r.Error != "":
			return r, fmt.Errorf("%s: %s", p.name, r.Error)
		}
		return r, nil
	case <-t.C:
		return Reply{}, fmt.Errorf("%s did not answer", p.name)
	}
}

// Ask sends a request and waits for the reply.
func (p *Process) Ask(req Request) (Reply, error) {
	if err := json.NewEncoder(p.stdin).Encode(req); err != nil {
		return Reply{}, fmt.Errorf("%s: %w", p.name, err)
	}
	return p.receive(patience + time.Duration(req.Nanos))
}

// Usage asks for what the process has used so far.
func (p *Process) Usage() (Usage, error) {
	r, err := p.Ask(Request{Op: "usage"})
	return r.Usage, err
}

// Stop ends the process, which takes the end of its stdin for the end of its
// work.
func (p *Process) Stop() {
	_ = p.stdin.Close()
	t := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer t.Stop()
	for range p.replies {
	}
	_ = p.cmd.Wait() // how it ends says nothing about what it measured
}

// Answer is the other end: it announces itself as ready and answers requests
// until stdin ends.
func Answer(ready Reply, handle func(Request) (Reply, error)) error {
	ready.Version = modules()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(ready); err != nil {
		return err
	}
	in := json.NewDecoder(os.Stdin)
	for {
		var req Request
		if err := in.Decode(&req); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := handle(req)
		if err != nil {
			r.Error = err.Error()
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
}
