package pyenv

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	readyTimeout = 3 * time.Minute // on a busy machine
	stopTimeout  = time.Minute
)

// Peer is a running process that has printed the address at which it accepts
// connections.
type Peer struct {
	// Addr is the address from its line "ready ADDR".
	Addr string

	cmd    *exec.Cmd
	stdout *bufio.Reader
	done   chan struct{} // closed when the process has ended and err is set
	err    error
	end    sync.Once
}

// StartPeer starts the conformance peer on real aiomas with these arguments
// and waits until it accepts connections. It is stopped at the end of the test,
// which fails if that is not clean.
func (p Python) StartPeer(tb testing.TB, args ...string) *Peer {
	tb.Helper()
	return Start(tb, p.Command(tb, "peer.py", args...))
}

// Start starts any program that behaves like the conformance peers: one line
// "ready ADDR" on stdout, exit code 0 after SIGTERM. What it writes to stderr
// becomes part of the test's log.
func Start(tb testing.TB, cmd *exec.Cmd) *Peer {
	tb.Helper()
	p, err := start(cmd, tb.Logf)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

func start(cmd *exec.Cmd, logf func(string, ...any)) (*Peer, error) {
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Peer{cmd: cmd, stdout: bufio.NewReader(stdout), done: make(chan struct{})}
	var logged sync.WaitGroup
	logged.Go(func() { logLines(stderr, filepath.Base(cmd.Path), logf) })

	// The process is waited for when both of its streams have ended, as os/exec asks for.
	first := make(chan string, 1)
	go func() {
		defer close(p.done)
		line, _ := p.stdout.ReadString('\n')
		first <- line
		rest, _ := io.ReadAll(p.stdout)
		logged.Wait()
		p.err = cmd.Wait()
		if p.err == nil && len(rest) > 0 {
			p.err = fmt.Errorf("%s printed more than its ready line: %.200q", cmd, rest)
		}
	}()

	timeout := time.NewTimer(readyTimeout)
	defer timeout.Stop()
	select {
	case line := <-first:
		addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
		if !ok {
			p.kill()
			return nil, fmt.Errorf("%s did not get ready: it printed %q and ended with: %w", cmd, line, p.err)
		}
		p.Addr = addr
		return p, nil
	case <-timeout.C:
		p.kill()
		return nil, fmt.Errorf("%s did not get ready in %v", cmd, readyTimeout)
	}
}

// Stop ends the process with SIGTERM and waits for it. It returns an error if
// the process did not end cleanly or not in time. Later calls do nothing.
func (p *Peer) Stop() (err error) {
	p.end.Do(func() {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			p.kill() // there are no signals on this system
			return
		}
		timeout := time.NewTimer(stopTimeout)
		defer timeout.Stop()
		select {
		case <-p.done:
			if p.err != nil {
				err = fmt.Errorf("%s did not end cleanly: %w", p.cmd, p.err)
			}
		case <-timeout.C:
			p.kill()
			err = fmt.Errorf("%s did not end in %v after SIGTERM", p.cmd, stopTimeout)
		}
	})
	return err
}

// Kill kills the process and waits for its end.
func (p *Peer) Kill() {
	p.end.Do(p.kill)
}

func (p *Peer) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

func logLines(r io.Reader, name string, logf func(string, ...any)) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			logf("%s: %s", name, strings.TrimRight(line, "\r\n"))
		}
		if err != nil {
			return
		}
	}
}
