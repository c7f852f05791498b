package mosaik

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// demoPython is the newest Python, with the simulators from PyPI, which need 3.12.
func demoPython(t *testing.T) pyenv.Python {
	t.Helper()
	p := pyenv.RequireOne(t)
	if p.Version < "3.12" || len(p.Version) < 4 {
		t.Skip("LEFT OUT: the simulators from PyPI need Python 3.12")
	}
	return pyenv.RequireFor(t, p, "mosaik-demo")
}

// TestWithSimulatorsFromPyPI runs the shape of mosaik's demo: houses, photovoltaics, a
// power grid and a database. With the photovoltaics in Go, all that is recorded is
// the same.
func TestWithSimulatorsFromPyPI(t *testing.T) {
	p := demoPython(t)
	run := func(args ...string) (data map[string]any) {
		file := filepath.Join(t.TempDir(), "out.json")
		cmd := python(t, p, "others.py", append([]string{file}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var result struct {
			Data   map[string]any `json:"data"`
			Errors []string       `json:"errors"`
		}
		if err := json.Unmarshal(b, &result); err != nil {
			t.Fatal(err)
		}
		if len(result.Errors) > 0 {
			t.Errorf("%v: mosaik logs %q", args, result.Errors)
		}
		return result.Data
	}
	want := run()
	if len(want) < 30 {
		t.Errorf("only %d data sets", len(want))
	}
	for _, args := range [][]string{{"--pv", sims(t)}, {"--cmd", "--pv", sims(t)}} {
		got := run(args...)
		if len(got) != len(want) {
			t.Errorf("%v: %d data sets, want %d", args, len(got), len(want))
		}
		for name := range want {
			a, _ := json.Marshal(want[name])
			b, _ := json.Marshal(got[name])
			if string(a) != string(b) {
				t.Errorf("%v: %s differs\npython %s\ngo     %s", args, name, a, b)
			}
		}
	}
}
