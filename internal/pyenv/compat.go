package pyenv

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// RequireCompat returns the environment of the same Python version that has
// aiomas_compat, aiomas_fast and the newest libraries. It is made if need be.
func RequireCompat(tb testing.TB, p Python) Python {
	tb.Helper()
	return requireVariant(tb, p, "compat")
}

// RequireBlosc returns the environment of the same Python version that has aiomas
// as it is and blosc. It is made if need be.
func RequireBlosc(tb testing.TB, p Python) Python {
	tb.Helper()
	return requireVariant(tb, p, "blosc")
}

// RequireAgents returns the environment of the same Python version that has what
// the tests of agents need: blosc, NumPy and, for Python 3.8, creamas. It is made
// if need be.
func RequireAgents(tb testing.TB, p Python) Python {
	tb.Helper()
	return requireVariant(tb, p, "agents")
}

// RequireFor returns an environment of the same Python version with what
// name-requirements.txt in interop/python lists, without aiomas unless it is there. It
// is made if need be.
func RequireFor(tb testing.TB, p Python, name string) Python {
	tb.Helper()
	return requireVariant(tb, p, name, "--for")
}

func requireVariant(tb testing.TB, p Python, name string, option ...string) Python {
	tb.Helper()
	path, err := variant(p, name, option...)
	if err != nil {
		missing(tb, err)
	}
	return Python{Version: p.Version, Path: path}
}

// variant runs env.sh with the option of that name, or with it as the value of
// another.
func variant(p Python, name string, option ...string) (string, error) {
	script, err := Script("env.sh")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), installTimeout)
	defer cancel()
	dir := filepath.Join(filepath.Dir(script), ".venv", name, p.Version)
	args := append([]string{script}, append(option, name)...)
	if len(option) == 0 {
		args[1] = "--" + name
	}
	cmd := exec.CommandContext(ctx, "sh", append(args, "--python", p.Path, dir)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%v: %w\n%s", cmd.Args, err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}
