package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Process is another process with a container and its [Manager], in Go or Python.
// Its methods are safe for concurrent use.
type Process struct {
	cmd     *exec.Cmd
	manager *aiomas.Proxy
	done    chan struct{} // closed when the process has ended and err is set
	err     error
}

// Start starts cmd, a program that runs a container with a manager as agent 0:
// one in Go that calls [RunManager], or one in Python that calls
// aiomas.subproc.start. It waits until the manager answers. url is the
// manager's address, "tcp://localhost:5556/0"; if it is empty, the program must
// print it to its standard output, in a line "ready tcp://localhost:40123/0".
// When ctx ends before the manager answers, or the process does, the error says
// so and no process is left.
//
// The process does not outlive this one: on Linux the system sends it SIGTERM,
// or the Pdeathsig of cmd.SysProcAttr; elsewhere programs that call RunManager
// see to it themselves, and others do not. Whoever starts a process must call
// Stop, Kill or Wait.
func (c *Container) Start(ctx context.Context, cmd *exec.Cmd, url string) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	var ready *readyLine
	if url == "" {
		ready = &readyLine{rest: cmd.Stdout, found: make(chan string, 1)}
		cmd.Stdout = ready
	}
	if err := p.start(); err != nil {
		return nil, err
	}
	err := p.connect(ctx, c, url, ready)
	if err != nil {
		p.Kill()
		return nil, fmt.Errorf("aiomas: start of %s: %w", cmd, err)
	}
	return p, nil
}

// start runs the command from a thread that lives as long as the process: a
// thread's end is what Linux takes for the parent's.
func (p *Process) start() error {
	dieWithParent(p.cmd)
	if p.cmd.WaitDelay == 0 {
		p.cmd.WaitDelay = outputDelay
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("aiomas: start of %s: %w", p.cmd, err)
	}
	return nil
}

// outputDelay is how long the output of a process that has ended is read on:
// processes that it started may still hold it.
const outputDelay = 2 * time.Second

// connect waits for the manager, or the end of the process.
func (p *Process) connect(ctx context.Context, c *Container, url string, ready *readyLine) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{})
	defer func() { <-ended }()
	defer cancel(nil)
	go func() {
		defer close(ended)
		select {
		case <-p.done:
			cancel(p.endedEarly())
		case <-ctx.Done():
		}
	}()
	if ready != nil {
		select {
		case url = <-ready.found:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	manager, err := c.Connect(ctx, url, WithRetry(-1))
	select {
	case <-p.done:
		return p.endedEarly()
	default:
	}
	p.manager = manager
	return err
}

func (p *Process) endedEarly() error {
	if p.err != nil {
		return fmt.Errorf("the process ended before its manager answered: %w", p.err)
	}
	return errors.New("the process ended before its manager answered")
}

// Manager returns the proxy of the process's manager.
func (p *Process) Manager() *aiomas.Proxy { return p.manager }

// PID returns the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Spawn lets the manager start an agent, and returns a proxy of it and its
// address: in Python the class or function that name, "module:Class", stands
// for is called with the container and args, in Go the constructor of that name.
// Keyword arguments are a last argument of type [aiomas.Kwargs].
func (p *Process) Spawn(ctx context.Context, name string, args ...any) (*aiomas.Proxy, string, error) {
	var proxy *aiomas.Proxy
	var addr string
	err := p.manager.Sub("spawn").Call(ctx, &codec.Tuple{&proxy, &addr}, append([]any{name}, args...)...)
	if err != nil {
		return nil, "", err
	}
	return proxy, addr, nil
}

// SetTime sets the time of the process's container, if it has an external clock.
func (p *Process) SetTime(ctx context.Context, t float64) error {
	return p.manager.Sub("set_time").Call(ctx, nil, t)
}

// Stop tells the manager to stop and waits for the end of the process, whose
// error it returns. When ctx ends first, it kills the process and returns the
// error of ctx. Real aiomas cannot shut a container down on Python 3.10 and
// newer, so that its processes end with exit code 1 there.
func (p *Process) Stop(ctx context.Context) error {
	err := p.manager.Sub("stop").Call(ctx, nil)
	switch {
	case err == nil, errors.Is(err, aiomas.ErrConnection): // it may be gone before its reply was written
	case ctx.Err() == nil:
		p.Kill()
		return err
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.Kill()
		return gaveUp(ctx)
	}
}

// Kill ends the process at once and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// Wait waits for the end of the process, and returns its error.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// readyLine looks for the line "ready URL" in what a process prints, and passes
// everything else on.
type readyLine struct {
	rest  io.Writer // may be nil
	found chan string

	mu   sync.Mutex
	line []byte // a line that is not complete
	over bool   // the line was found
}

// maxReady bounds a line that may be the one.
const maxReady = 4096

func (r *readyLine) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(b)
	for !r.over && len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			r.line = append(r.line, b...)
			b = nil
			if len(r.line) <= maxReady {
				break
			}
		} else {
			r.line = append(r.line, b[:end+1]...)
			b = b[end+1:]
		}
		line := r.line
		r.line = nil
		if url, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "ready "); ok {
			r.found <- url
			r.over = true
			break
		}
		if err := r.pass(line); err != nil {
			return n, err
		}
	}
	if err := r.pass(b); err != nil {
		return n, err
	}
	return n, nil
}

func (r *readyLine) pass(b []byte) error {
	if r.rest == nil || len(b) == 0 {
		return nil
	}
	_, err := r.rest.Write(b)
	return err
}
