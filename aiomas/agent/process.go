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
)

// Process is another process with a container and its [Manager], in Go or Python.
// Its methods are safe for concurrent use.
type Process struct {
	cmd     *exec.Cmd
	group   *group
	output  *outputs
	manager *aiomas.Proxy
	addr    string
	done    chan struct{} // closed when the process has ended and err is set
	err     error
}

// Start starts cmd, a program that runs a container with a manager as agent 0:
// one in Go that calls [RunManager], or one in Python that calls
// aiomas.subproc.start. It waits until the manager answers. url is the
// manager's address, "tcp://localhost:5556/0"; if it is empty, the program must
// print it to its standard output, in a line "ready tcp://localhost:40123/0",
// and has PYTHONUNBUFFERED set in its environment, unless cmd.Env says
// otherwise. All else that it prints goes to cmd.Stdout; cmd.StdoutPipe and
// cmd.StderrPipe work, and what is in them when the process has ended can still
// be read, on Linux. When ctx ends before the manager answers, or the process
// does, the error says so, and what was waited for, and no process is left.
//
// The process gets a process group of its own, on Windows a job: a Ctrl-C that is
// meant for this process does not reach it, and what it starts itself, as a shell
// or "conda run" do, ends with it and with Kill. cmd.SysProcAttr must therefore
// not ask for a session or a group; and a process in a group of its own cannot
// read from the terminal.
//
// The group does not outlive this process, however and whenever that ends. On
// Unix a shell, /bin/sh, waits for that and sends SIGTERM, and SIGKILL ten seconds
// later; where there is none, Linux still sends SIGTERM, or the Pdeathsig of
// cmd.SysProcAttr, to the process itself. Windows ends the job. Whoever starts a
// process must call Stop, Kill or Wait.
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
		return nil, fmt.Errorf("aiomas: start of %s: %w", cmd, err)
	}
	return p, nil
}

// start runs the command from a thread that lives as long as the process: a
// thread's end is what Linux takes for the parent's.
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

// wait waits for the process and ends what it leaves behind: first, if possible,
// for that may hold its output.
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

// outputDelay is how long the output of a process that has ended is read on:
// processes that it started may still hold it.
const outputDelay = 2 * time.Second

// connect waits for the manager, or the end of the process.
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
		return fmt.Errorf("no manager at %s: %w", url, err)
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

// Kill ends the process, and all that it has started, at once and waits for its
// end.
func (p *Process) Kill() {
	p.group.kill()
	_ = p.cmd.Process.Kill() // it may have ended, or left its group
	<-p.done
}

// Wait waits for the end of the process, and returns its error.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }
