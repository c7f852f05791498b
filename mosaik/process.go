package mosaik

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// process is the process of a simulator.
type process struct {
	cmd    *exec.Cmd
	done   chan struct{} // closed when it has ended
	err    error         // of Wait
	cancel context.CancelFunc
}

// startProcess starts cmd and kills it when ctx ends.
func startProcess(ctx context.Context, cmd *exec.Cmd, addr string) (*process, error) {
	for i, a := range cmd.Args {
		cmd.Args[i] = strings.ReplaceAll(a, "%(addr)s", addr)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("mosaik: cannot start the simulator: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &process{cmd: cmd, done: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	go func() {
		select {
		case <-ctx.Done():
			_ = cmd.Process.Kill() // it may have ended
		case <-p.done:
		}
	}()
	return p, nil
}

// ended returns the error with which the process ended; p.done must be closed.
func (p *process) ended() error {
	if p.err == nil {
		return fmt.Errorf("%s", p.cmd.ProcessState)
	}
	return p.err
}

// wait waits until the process has ended, and kills it when ctx ends.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return fmt.Errorf("mosaik: the simulator did not end: %w", ctx.Err())
	}
	p.cancel()
	if p.err != nil {
		return fmt.Errorf("mosaik: the simulator: %w", p.err)
	}
	return nil
}

func (p *process) kill() {
	p.cancel()
	<-p.done
}
