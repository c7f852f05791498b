package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// start starts the simulator and waits for its connection.
func (p *play) start() error {
	ln, err := new(net.ListenConfig).Listen(p.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close() //nolint:errcheck // closed twice
	if err := p.launch(ln.Addr().String()); err != nil {
		return err
	}
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			conn = nil
		}
		accepted <- conn
	}()
	timeout := time.NewTimer(p.cfg.Answer)
	defer timeout.Stop()
	why := ""
	select {
	case conn := <-accepted:
		p.peer = newPeer(p, conn)
		return nil
	case <-p.done:
		why = fmt.Sprintf("the process ended before it connected (%v)", p.cmd.ProcessState)
	case <-timeout.C:
		why = fmt.Sprintf("it did not connect within %v", p.cfg.Answer)
	case <-p.ctx.Done():
		why = p.ctx.Err().Error()
	}
	_ = ln.Close()
	if conn := <-accepted; conn != nil { // accepted just before the deadline
		_ = conn.Close()
	}
	p.over("connect", "%s", why)
	return nil
}

// launch starts the process.
func (p *play) launch(addr string, more ...string) error {
	args := append([]string{}, p.cfg.Command...)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "%(addr)s", addr)
	}
	p.cmd = exec.Command(args[0], append(args[1:], more...)...) //nolint:noctx // kill ends it
	p.cmd.Dir, p.cmd.Env = p.cfg.Dir, p.cfg.Env
	p.cmd.Stdout, p.cmd.Stderr = p.cfg.Stderr, p.cfg.Stderr
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("check: cannot start the simulator: %w", err)
	}
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the status is checked later
	}()
	return nil
}

// ends waits for the process to end.
func (p *play) ends() bool {
	ctx, cancel := context.WithTimeout(p.ctx, p.cfg.End)
	defer cancel()
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// terminate sends SIGTERM, or kills the process on Windows.
func (p *play) terminate() {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = p.cmd.Process.Kill() // Windows
	}
}

func (p *play) kill() {
	if p.peer != nil {
		_ = p.conn.Close()
	}
	if p.done != nil {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.done
	}
}
