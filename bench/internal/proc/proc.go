// Package proc runs each peer of the bench in its own process. It communicates with the
// process by lines of JSON: requests on its stdin, replies on its stdout. Each process
// reports its own use of CPU, memory and allocations.
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

// Request is a request to a process.
type Request struct {
	Op       string `json:"op"` // "run", "open", "first", "usage" or "idle"
	Work     string `json:"work,omitempty"`
	InFlight int    `json:"in_flight,omitempty"`
	Size     int    `json:"size,omitempty"`
	Conns    int    `json:"conns,omitempty"`
	Nanos    int64  `json:"nanos,omitempty"` // length of the slice, or of the pause
	// Rate is the number of calls for each second that "open" makes; 0 for the peak.
	Rate float64 `json:"rate,omitempty"`
}

// Reply is a reply of a process. After its start, a process sends one without a request,
// with its address.
type Reply struct {
	Addr    string   `json:"addr,omitempty"`
	Version []string `json:"version,omitempty"` // versions of the process's parts
	Calls   int64    `json:"calls,omitempty"`
	Nanos   int64    `json:"nanos,omitempty"`
	Usage   Usage    `json:"usage,omitzero"` // for a run, only the difference
	// Of "open": histograms of the times of calls, and of how late they were made, in ns.
	Times string `json:"times,omitempty"`
	Late  string `json:"late,omitempty"`
	Warm  int64  `json:"warm,omitempty"` // of "first"
	Error string `json:"error,omitempty"`
}

// Usage is the use of resources of a process since its start.
type Usage struct {
	CPU     int64 `json:"cpu"`              // ns, user and system
	Mallocs int64 `json:"mallocs"`          // heap objects; 0 from Python
	RSS     int64 `json:"rss"`              // resident bytes at present
	Faults  int64 `json:"faults,omitempty"` // page faults without input
}

// Sub returns the use since before.
func (u Usage) Sub(before Usage) Usage {
	return Usage{u.CPU - before.CPU, u.Mallocs - before.Mallocs, u.RSS - before.RSS, u.Faults - before.Faults}
}

// Spec describes how to start a process.
type Spec struct {
	Argv []string
	Env  []string // in addition to that of this process
	CPU  int      // the only core that it may use, or -1 for all
}

// Process is a running peer. It answers one request at a time.
type Process struct {
	Ready Reply

	name    string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	replies chan Reply // closed when stdout has ended
}

// A process hangs if a reply takes longer than this, in addition to the time of the
// requested work.
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

// Usage requests the use of resources so far.
func (p *Process) Usage() (Usage, error) {
	r, err := p.Ask(Request{Op: "usage"})
	return r.Usage, err
}

// Stop ends the process by closing its stdin.
func (p *Process) Stop() {
	_ = p.stdin.Close()
	t := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer t.Stop()
	for range p.replies {
	}
	_ = p.cmd.Wait() // its exit status does not affect the measurement
}

// Answer is the process's side: it sends the reply ready and handles requests until stdin
// ends.
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
