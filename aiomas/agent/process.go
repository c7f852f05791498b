package agent

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/ctxerr"
	"github.com/aiomas-go/aiomas-go/internal/errtext"
)

// Process is a process with a container and its [Manager], in Go or Python, started by
// [Container.Start]. It is safe for concurrent use.
type Process struct {
	cmd     *exec.Cmd
	group   *group
	output  *outputs
	manager *aiomas.Proxy
	addr    string
	done    chan struct{} // closed when the process has ended and err is set
	err     error
}

// Start starts cmd, a program that runs a container whose first agent is a manager: a Go program
// that calls [RunManager], or a Python program that calls aiomas.subproc.start. It waits until the
// manager answers.
//
// url is the manager's address, "tcp://localhost:5556/0". If it is empty, the program must print the
// address to its standard output, in a line "ready tcp://localhost:40123/0"; its environment then has
// PYTHONUNBUFFERED set, unless cmd.Env sets it. The remaining output goes to cmd.Stdout.
// cmd.StdoutPipe and cmd.StderrPipe can be used; on Linux, unread output remains readable after the
// end of the process. If ctx ends, or the process does, before the manager answers, Start kills the
// process and returns an error that says what it was waiting for.
//
// The process runs in a process group of its own, on Windows in a job. Therefore Ctrl-C for this
// process does not reach it, and the processes that it starts, for example through a shell or
// "conda run", end with it and with Kill. cmd.SysProcAttr must not request a session or a group, and
// the process cannot read from a terminal.
//
// The group ends when this process ends, for whatever reason. On Unix a shell, /bin/sh, waits for
// this, sends SIGTERM, and ten seconds later SIGKILL; on Linux without a shell, the system sends
// SIGTERM, or the Pdeathsig of cmd.SysProcAttr, to the process itself. Windows ends the job. The
// caller must call Stop, Kill or Wait.
func (c *Container) Start(ctx context.Context, cmd *exec.Cmd, url string) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	err := aiomas.Await(ctx, func() error {
		err := p.start(url == "")
		if err != nil {
			return err
		}
		if err = p.connect(ctx, c, url); err != nil {
			p.Kill()
		}
		return err
	})
	if err != nil {
		return nil, errtext.Errorf("aiomas: start of %s: %w", cmd, err)
	}
	return p, nil
}

// start runs the command from a thread that lives as long as the process, because Linux treats the
// end of that thread as the end of the parent.
func (p *Process) start(ready bool) (err error) {
	if p.cmd.WaitDelay == 0 {
		p.cmd.WaitDelay = outputDelay
	}
	if p.output, err = dupOutputs(p.cmd, ready); err != nil {
		return err
	}
	if p.group, err = newGroup(p.cmd); err != nil {
		p.output.close()
		return err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		if err == nil {
			p.group.started(p.cmd.Process)
		}
		started <- err
		if err == nil {
			p.wait()
		}
	}()
	if err = <-started; err != nil {
		p.group.end()
		p.output.close()
	}
	return err
}

// wait waits for the process, and ends its remaining child processes; before it reads the rest of the
// output, if possible, since they may keep that open.
func (p *Process) wait() {
	if waitExited(p.cmd.Process.Pid) {
		p.group.end()
		p.output.drain()
		p.output.close()
	}
	p.err = p.cmd.Wait()
	p.group.end()
	p.output.close()
	close(p.done)
}

// outputDelay is how long output is read after the end of the process: child processes may keep it
// open.
const outputDelay = 2 * time.Second

// connect waits for the answer of the manager, or the end of the process.
func (p *Process) connect(ctx context.Context, c *Container, url string) error {
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
	if ready := p.output.ready; ready != nil {
		select {
		case url = <-ready.found:
		case <-ctx.Done():
			return fmt.Errorf("it has not printed a line \"ready ADDRESS\": %w", context.Cause(ctx))
		}
	}
	manager, err := c.Connect(ctx, url, WithRetry(-1))
	select {
	case <-p.done:
		err = p.endedEarly()
	default:
	}
	if err != nil {
		return errtext.Errorf("no manager at %s: %w", url, err)
	}
	p.manager, p.addr = manager, url
	return nil
}

func (p *Process) endedEarly() error {
	if p.err != nil {
		return fmt.Errorf("the process ended before its manager answered: %w", p.err)
	}
	return errors.New("the process ended before its manager answered")
}

// Manager returns the proxy of the process's manager.
func (p *Process) Manager() *aiomas.Proxy { return p.manager }

// Addr returns the manager's address.
func (p *Process) Addr() string { return p.addr }

// PID returns the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Spawn lets the manager start an agent, and returns a proxy of the agent and its address. In Python,
// name, "module:Class", is the class or function that is called with the container and args; in Go it
// is the name of a constructor. Keyword arguments are a last argument of type [aiomas.Kwargs].
func (p *Process) Spawn(ctx context.Context, name string, args ...any) (*aiomas.Proxy, string, error) {
	var proxy *aiomas.Proxy
	var addr string
	err := p.manager.Sub("spawn").Call(ctx, &codec.Tuple{&proxy, &addr}, append([]any{name}, args...)...)
	if err != nil {
		return nil, "", err
	}
	return proxy, addr, nil
}

// SetTime sets the time of the process's container, which must have an external clock.
func (p *Process) SetTime(ctx context.Context, t float64) error {
	return p.manager.Sub("set_time").Call(ctx, nil, t)
}

// Stop stops the manager, waits for the end of the process, and returns its error. If ctx ends first,
// it kills the process and returns the error of ctx. Python's aiomas cannot shut down a container on
// Python 3.10 and newer; such a process ends with exit code 1.
func (p *Process) Stop(ctx context.Context) error {
	err := p.manager.Sub("stop").Call(ctx, nil)
	switch {
	case err == nil, errors.Is(err, aiomas.ErrConnection): // it may end before its reply is sent
	case ctx.Err() == nil:
		p.Kill()
		return err
	}
	return aiomas.Await(ctx, func() error {
		select {
		case <-p.done:
			return p.err
		case <-ctx.Done():
			p.Kill()
			return ctxerr.New(ctx, "stop of a process")
		}
	})
}

// Kill kills the process, and all processes that it has started, and waits for its end.
func (p *Process) Kill() {
	p.group.kill()
	_ = p.cmd.Process.Kill() // the process may have ended, or changed its group
	<-p.done
}

// Wait waits for the end of the process and returns its error.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Done returns a channel that is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }
