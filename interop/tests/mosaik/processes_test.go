package mosaik

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// eventually waits for a condition of another process.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
		wait, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		<-wait.Done()
		cancel()
	}
}

// stuck is a Go simulator in the middle of a step of a real mosaik.
type stuck struct {
	mosaik *exec.Cmd
	output *bytes.Buffer
	log    string
	pid    int
}

func startStuck(t *testing.T, p pyenv.Python, what string) *stuck {
	t.Helper()
	dir := t.TempDir()
	s := &stuck{log: filepath.Join(dir, "log"), output: new(bytes.Buffer)}
	s.mosaik = python(t, p, "victim.py", sims(t), what)
	s.mosaik.Env = append(s.mosaik.Env, "STUCK_DIR="+dir)
	s.mosaik.Stdout, s.mosaik.Stderr = s.output, s.output
	s.mosaik.WaitDelay = time.Second
	if err := s.mosaik.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the simulator steps", func() bool {
		lines := s.lines()
		if len(lines) == 0 {
			return false
		}
		_, err := fmt.Sscanf(lines[0], "stepping %d", &s.pid)
		return err == nil
	})
	return s
}

func (s *stuck) lines() []string {
	b, _ := os.ReadFile(s.log)
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// ended checks that the simulator's process is gone and was finalized once.
func (s *stuck) ended(t *testing.T, finalized int) {
	t.Helper()
	eventually(t, "the simulator ends", func() bool { return errors.Is(syscall.Kill(s.pid, 0), syscall.ESRCH) })
	if n := strings.Count(strings.Join(s.lines(), "\n"), "finalized"); n != finalized {
		t.Errorf("finalized %d times: %q", n, s.lines())
	}
}

func TestMosaikIsKilledInTheMiddleOfAStep(t *testing.T) {
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		s := startStuck(t, p, "hang")
		if err := s.mosaik.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = s.mosaik.Wait()
		s.ended(t, 1)
	})
}

func TestMosaikAbortsInTheMiddleOfAStep(t *testing.T) {
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		s := startStuck(t, p, "abort")
		if err := s.mosaik.Wait(); err == nil {
			t.Error("mosaik ended well")
		}
		s.ended(t, 1)
		if !strings.Contains(s.output.String(), "RuntimeError: aborted") {
			t.Errorf("mosaik said: %s", s.output)
		}
	})
}

func TestASimulatorIsKilledInTheMiddleOfAStep(t *testing.T) {
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		s := startStuck(t, p, "hang")
		if err := syscall.Kill(s.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := s.mosaik.Wait(); err == nil {
			t.Error("mosaik ended well")
		}
		if strings.Contains(strings.Join(s.lines(), "\n"), "finalized") {
			t.Errorf("a killed process was finalized: %q", s.lines())
		}
	})
}

// A process by itself: what its exit codes are.
func TestExitCodes(t *testing.T) {
	run := func(dir string, args ...string) *exec.Cmd {
		cmd := exec.Command(sims(t), append([]string{"stuck"}, args...)...)
		cmd.Env = append(os.Environ(), "STUCK_DIR="+dir)
		return cmd
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close()
	for _, tt := range []struct {
		args []string
		code int
	}{
		{[]string{nobody}, 0},
		{[]string{"--help"}, 0},
		{[]string{"nonsense"}, 1},
		{[]string{"--nonsense", nobody}, 1},
		{[]string{"-r", "-t", "0.05", "127.0.0.1:0"}, 1},
		{[]string{"--trace", "/nonexistent/file", nobody}, 1},
	} {
		dir := t.TempDir()
		cmd := run(dir, tt.args...)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != tt.code {
			t.Errorf("%v: %d, want %d: %s", tt.args, got, tt.code, out)
		}
		if lines, err := os.ReadFile(filepath.Join(dir, "log")); err == nil {
			t.Errorf("%v: what never began was finalized: %s", tt.args, lines)
		}
	}

	for _, end := range []string{"SIGTERM", "SIGINT", "SIGTERM in a step", "SIGTERM twice", "lost", "stop", "stop and SIGTERM"} {
		t.Run(end, func(t *testing.T) {
			dir := t.TempDir()
			cmd := run(dir, "%(addr)s")
			d, err := mosaik.Start(t.Context(), cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Kill()
			if _, err := d.Init(t.Context(), "S-0", 1, nil); err != nil {
				t.Fatal(err)
			}
			if end == "SIGTERM in a step" {
				go func() { _, _ = d.Step(context.Background(), 0, mosaik.Inputs{}, 0) }()
				eventually(t, "the step begins", func() bool { _, err := os.Stat(filepath.Join(dir, "log")); return err == nil })
			}
			signal := func(s os.Signal) {
				if err := cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Error(err)
				}
			}
			switch end {
			case "SIGINT":
				signal(os.Interrupt)
			case "lost":
			case "stop":
			case "stop and SIGTERM":
				_ = d.Call(t.Context(), nil, "stop")
				signal(syscall.SIGTERM)
			case "SIGTERM twice":
				signal(syscall.SIGTERM)
				signal(syscall.SIGTERM)
			default:
				signal(syscall.SIGTERM)
			}
			if end != "lost" && end != "stop" {
				<-d.Done()
			}
			if err := d.Stop(t.Context()); err != nil {
				t.Errorf("it ended with %v", err)
			}
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			if strings.Count(string(log), "finalized") != 1 {
				t.Errorf("log: %q", log)
			}
		})
	}
}

// mosaik 3.6 leaves quotes in the arguments of cmd.
func TestQuotesInTheCommand(t *testing.T) {
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		trace := filepath.Join(t.TempDir(), "trace 100%.jsonl")
		cmd := python(t, p, "quotes.py", fmt.Sprintf("./%s model --trace '%s' '%%(addr)s'", filepath.Base(sims(t)), strings.ReplaceAll(trace, "%", "%%")))
		cmd.Dir = filepath.Dir(sims(t)) // whose path may need quotes, and this is about the arguments
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		f, err := os.Open(trace)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if !bufio.NewScanner(f).Scan() {
			t.Error("the trace is empty")
		}
	})
}
