//go:build unix

package agent_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// What these processes do is here and not in play, for it needs Unix.
func init() {
	roles["chatty"] = func(ctx context.Context) error {
		defer fmt.Println("last words")
		return agent.RunManager(ctx, "tcp://127.0.0.1:0", agent.ManagerConfig{Ready: func(m *agent.Manager) {
			fmt.Println("ready", m.Addr())
			for i := range chatter {
				fmt.Println("out", i)
				fmt.Fprintln(os.Stderr, "err", i)
			}
		}})
	}
	roles["deaf"] = func(context.Context) error { // to what asks for its end
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		c, err := agent.NewContainer(context.Background(), "tcp://127.0.0.1:0")
		if err != nil {
			return err
		}
		a, err := c.Register(aiomas.NewRouter())
		if err != nil {
			return err
		}
		fmt.Println("ready", a.Addr())
		select {}
	}
	roles["starter"] = playStarter
}

const chatter = 1000

// playStarter starts what its arguments say, again and again, and kills none. What
// it starts has the file that its parent gave it.
func playStarter(ctx context.Context) error {
	agent.SetOrphanGrace(time.Second)
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		cmd := roleCommand("", os.Args[2:]...)
		cmd.Path, cmd.Args = os.Args[2], os.Args[2:]
		cmd.Env = append(os.Environ(), roleVariable+"="+os.Args[1])
		cmd.ExtraFiles = []*os.File{os.NewFile(3, "held by all")}
		if _, err := c.Start(ctx, cmd, ""); err != nil {
			return err
		}
		fmt.Println("started", i)
	}
}

// held gives cmd a file, and returns a function that waits until nobody has it
// any more.
func held(t *testing.T, cmd *exec.Cmd) (ended func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	cmd.ExtraFiles = []*os.File{w}
	return func() {
		t.Helper()
		_ = w.Close()
		if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("somebody is left behind: %v", err)
		}
	}
}

// wrapped is a command that starts the role in a shell, which waits for it.
func wrapped(role string) *exec.Cmd {
	inner := roleCommand(role)
	cmd := exec.Command("/bin/sh", "-c", `"$0"; true`, inner.Path)
	cmd.Env = inner.Env
	return cmd
}

// Everything that a process prints can be read from the pipes that package exec
// makes, up to its last words.
func TestProcessOutputPipes(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	cmd := roleCommand("chatty")
	cmd.Stderr = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	read := func(r io.Reader) <-chan []string {
		all := make(chan []string, 1)
		go func() {
			var lines []string
			for s := bufio.NewScanner(r); s.Scan(); {
				lines = append(lines, s.Text())
			}
			all <- lines
		}()
		return all
	}
	outs, errs := read(stdout), read(stderr)
	p, err := c.Start(t.Context(), cmd, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
	if lines := <-outs; len(lines) != chatter+1 || lines[chatter] != "last words" {
		t.Errorf("%d lines of output, the last %q", len(lines), lines[max(0, len(lines)-1):])
	}
	if lines := <-errs; len(lines) != chatter {
		t.Errorf("%d lines of errors", len(lines))
	}
}

// One writer for both is written to by one goroutine at a time, as package exec
// promises; a pipe that nobody reads holds up nothing.
func TestProcessOutputShared(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	for name, prepare := range map[string]func(cmd *exec.Cmd) (*bytes.Buffer, error){
		"one buffer": func(cmd *exec.Cmd) (*bytes.Buffer, error) {
			var both bytes.Buffer
			cmd.Stdout, cmd.Stderr = &both, &both
			return &both, nil
		},
		"two buffers": func(cmd *exec.Cmd) (*bytes.Buffer, error) {
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, io.Discard
			return &out, nil
		},
		"a pipe that is not read": func(cmd *exec.Cmd) (*bytes.Buffer, error) {
			_, err := cmd.StdoutPipe()
			cmd.Stderr = nil
			return nil, err
		},
	} {
		cmd := roleCommand("chatty")
		out, err := prepare(cmd)
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Start(t.Context(), cmd, "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("%s: stop: %v", name, err)
		}
		if out != nil && strings.Count(out.String(), "out ") != chatter {
			t.Errorf("%s: %d lines of output", name, strings.Count(out.String(), "out "))
		}
	}
}

// A program that does not print its line is told apart from one that is slow, and
// what a wrapper has started goes with it.
func TestProcessNotReady(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	cmd := wrapped("mute")
	ended := held(t, cmd)
	_, err := c.Start(ctx, cmd, "")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"ready ADDRESS"`) {
		t.Errorf("got %v", err)
	}
	ended()
}

// Kill ends what the process has started, too, and so does the process's own end.
func TestProcessKilledWhole(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	for name, end := range map[string]func(p *agent.Process) error{
		"Kill": func(p *agent.Process) error { p.Kill(); return nil },
		"its own end": func(p *agent.Process) error {
			return syscall.Kill(p.PID(), syscall.SIGKILL)
		},
	} {
		cmd := wrapped("deaf")
		ended := held(t, cmd)
		p, err := c.Start(t.Context(), cmd, "")
		if err != nil {
			t.Fatal(err)
		}
		mine, err := syscall.Getpgid(0)
		if err != nil {
			t.Fatal(err)
		}
		if its, err := syscall.Getpgid(p.PID()); err != nil || its == mine {
			t.Errorf("it is in the group of its starter: %d, %v", its, err)
		}
		if err := end(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		ended()
		if err := p.Wait(); err == nil {
			t.Errorf("%s: it ended well", name)
		}
	}
}

// A command that asks for another group is refused, and its own attributes are not
// changed.
func TestProcessAttributes(t *testing.T) {
	c := newContainer(t, "tcp://127.0.0.1:0")
	for _, attr := range []syscall.SysProcAttr{{Setsid: true}, {Foreground: true}, {Setpgid: true, Pgid: 1}} {
		cmd := roleCommand("manager")
		cmd.SysProcAttr = &attr
		if _, err := c.Start(t.Context(), cmd, ""); err == nil || !strings.Contains(err.Error(), "SysProcAttr") {
			t.Errorf("%+v: %v", attr, err)
		}
	}
	shared := &syscall.SysProcAttr{Setpgid: true}
	for range 2 {
		cmd := roleCommand("manager")
		cmd.SysProcAttr = shared
		p, err := c.Start(t.Context(), cmd, "")
		if err != nil {
			t.Fatal(err)
		}
		p.Kill()
	}
	if shared.Pgid != 0 {
		t.Errorf("the attributes became %+v", shared)
	}
}

// However suddenly a process ends, and whatever it is just doing, nobody whom it has
// started is left behind: neither managers, nor what shells wait for, nor those
// who do not listen when they are asked.
func TestNobodyIsLeftBehind(t *testing.T) {
	for name, child := range map[string]*exec.Cmd{
		"managers": roleCommand("manager"), "deaf ones": roleCommand("deaf"), "wrapped ones": wrapped("deaf"),
	} {
		role := "deaf"
		if name == "managers" {
			role = "manager"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 5 {
				starter := roleCommand("starter", append([]string{role}, child.Args...)...)
				ended := held(t, starter)
				stdout, err := starter.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := starter.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(stdout)
				for range rand.IntN(4) {
					lines.Scan()
				}
				for range rand.IntN(1 << 20) { // somewhere in the next start
					_ = lines.Err()
				}
				if err := starter.Process.Kill(); err != nil {
					t.Error(err)
				}
				_ = starter.Wait() // it was killed
				ended()
			}
		})
	}
}

// Signals that ask for an end are an orderly end of a manager.
func TestRunManagerSignals(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			continue // by the programs that this one starts, too: SIGHUP under nohup
		}
		cmd := roleCommand("chatty")
		cmd.Stderr = nil
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		lines.Scan()
		if err := cmd.Process.Signal(sig); err != nil {
			t.Error(err)
		}
		last := ""
		for lines.Scan() {
			last = lines.Text()
		}
		if err := cmd.Wait(); err != nil || last != "last words" {
			t.Errorf("after %v: %v, it said %q", sig, err, last)
		}
	}
}
