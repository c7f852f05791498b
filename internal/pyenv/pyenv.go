// Package pyenv runs real Python aiomas in tests: it finds the virtual
// environments prepared by interop/python/env.sh and starts the programs of
// interop/python in them.
package pyenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Variable is the environment variable that names the interpreters to be used,
// as in "3.8=/path/to/bin/python,3.13=/path/to/bin/python". Without it env.sh
// finds the Pythons of this machine and installs aiomas for each.
const Variable = "AIOMAS_PYTHONS"

// installTimeout bounds env.sh, which may have to install aiomas several times.
const installTimeout = 10 * time.Minute

// Python is an interpreter that has aiomas.
type Python struct {
	Version string // "3.8"
	Path    string
}

// String returns "python3.8", which makes a good name of a subtest.
func (p Python) String() string { return "python" + p.Version }

// Require returns all Pythons with aiomas, the oldest first. When there is
// none the test fails under CI, and is skipped with the reason elsewhere.
func Require(tb testing.TB) []Python {
	tb.Helper()
	pythons, err := find()
	if err != nil {
		missing(tb, err)
	}
	return pythons
}

// RequireOne returns the newest of [Require].
func RequireOne(tb testing.TB) Python {
	tb.Helper()
	all := Require(tb)
	return all[len(all)-1]
}

// Full reports whether the environment asks for the full form of tests, which takes
// long: AIOMAS_FULL is set.
func Full() bool { return os.Getenv("AIOMAS_FULL") != "" }

// RequireEnds returns the oldest and the newest of [Require], or all of it if [Full]:
// for tests of which those between seldom tell more.
func RequireEnds(tb testing.TB) []Python {
	tb.Helper()
	all := Require(tb)
	if Full() || len(all) < 3 {
		return all
	}
	return []Python{all[0], all[len(all)-1]}
}

func missing(tb testing.TB, err error) {
	tb.Helper()
	if ci := os.Getenv("CI"); ci != "" && ci != "false" && ci != "0" {
		tb.Fatalf("real Python is required under CI: %v", err)
	}
	tb.Skipf("LEFT OUT, because there is no real Python to test against: %v", err)
}

var find = sync.OnceValues(func() ([]Python, error) {
	if list := os.Getenv(Variable); list != "" {
		return parseVariable(list)
	}
	script, err := Script("env.sh")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", script, "--all")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("env.sh: %w\n%s", err, stderr.Bytes())
	}
	return parseLines(stdout.String())
})

// parseLines reads what env.sh prints, "3.8 /path/to/bin/python" a line.
func parseLines(text string) ([]Python, error) {
	var all []Python
	for line := range strings.Lines(text) {
		version, path, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return nil, fmt.Errorf("env.sh printed %q", line)
		}
		all = append(all, Python{version, path})
	}
	if len(all) == 0 {
		return nil, errors.New("env.sh found no Python")
	}
	return all, nil
}

func parseVariable(list string) ([]Python, error) {
	var all []Python
	for item := range strings.SplitSeq(list, ",") {
		version, path, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok || version == "" {
			return nil, fmt.Errorf("%s: %q is not of the form version=interpreter", Variable, item)
		}
		if _, err := exec.LookPath(path); err != nil {
			return nil, fmt.Errorf("%s: %w", Variable, err)
		}
		all = append(all, Python{version, path})
	}
	return all, nil
}

// Script returns the path of a program in interop/python, which is looked for
// from the working directory upwards.
func Script(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, "interop", "python", name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no interop/python/%s above the working directory", name)
		}
		dir = parent
	}
}

// Command returns a command that runs a program of interop/python. It fails
// the test when there is no such program.
func (p Python) Command(tb testing.TB, script string, args ...string) *exec.Cmd {
	tb.Helper()
	path, err := Script(script)
	if err != nil {
		tb.Fatal(err)
	}
	return exec.Command(p.Path, append([]string{path}, args...)...) //nolint:noctx // whoever starts it ends it
}
