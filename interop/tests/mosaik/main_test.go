// Package mosaik tests Go simulators in real mosaik, and the driver with real
// Python simulators.
package mosaik

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

// eachMosaik runs f with mosaik 3.6 on Python 3.11 and the newest one on the newest
// Python.
func eachMosaik(t *testing.T, f func(t *testing.T, p pyenv.Python)) {
	t.Helper()
	all := pyenv.Require(t)
	found := 0
	for i, p := range all {
		if p.Version != "3.11" && (i != len(all)-1 || p.Version < "3.12" || len(p.Version) < 4) {
			continue
		}
		found++
		t.Run(p.String(), func(t *testing.T) { f(t, pyenv.RequireFor(t, p, "mosaik")) })
	}
	if found < 2 {
		t.Log("LEFT OUT: there is no Python 3.11, or none from 3.12 on")
	}
}

// python runs a program of interop/python/mosaik.
func python(tb testing.TB, p pyenv.Python, script string, args ...string) *exec.Cmd {
	tb.Helper()
	cmd := p.Command(tb, filepath.Join("mosaik", script), args...)
	cmd.Dir = filepath.Dir(cmd.Args[1])
	cmd.Env = append(os.Environ(), "PYTHONHASHSEED=0") // mosaik connects the attributes of a set
	return cmd
}

// program builds a Go program once.
func program(tb testing.TB, pkg string) string {
	tb.Helper()
	build, _ := programs.LoadOrStore(pkg, sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "aiomas-mosaik")
		if err != nil {
			return "", err
		}
		suite.AtExit(func() error { return os.RemoveAll(dir) })
		bin := filepath.Join(dir, filepath.Base(pkg))
		if out, err := exec.Command("go", "build", "-o", bin, pkg).CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
		}
		return bin, nil
	}))
	bin, err := build.(func() (string, error))()
	if err != nil {
		tb.Fatal(err)
	}
	return bin
}

var programs sync.Map // package → func() (string, error)

// sims is the program with all simulators of the tests.
func sims(tb testing.TB) string {
	tb.Helper()
	return program(tb, "github.com/aiomas-go/aiomas-go/interop/tests/mosaik/sims")
}

// scenario runs one of scenarios.py and returns its result.
func scenario(t *testing.T, p pyenv.Python, name string, args ...string) map[string]json.RawMessage {
	t.Helper()
	file := filepath.Join(t.TempDir(), "result.json")
	cmd := python(t, p, "scenarios.py", append([]string{name, file, "--go", sims(t)}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var result map[string]string // each JSON as Python writes it, which knows NaN
	if err := json.Unmarshal(b, &result); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	out := make(map[string]json.RawMessage, len(result))
	for k, v := range result {
		out[k] = json.RawMessage(v)
	}
	return out
}
