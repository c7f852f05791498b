package mosaik

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// speedRun is what speed.py prints: seconds of computing, which depend less on what else
// the machine does than those of a clock.
type speedRun struct {
	Mosaik     float64 `json:"mosaik"`
	Simulators float64 `json:"simulators"`
	Sum        float64 `json:"sum"`
}

func runSpeed(t *testing.T, p pyenv.Python, entities, steps int, program ...string) speedRun {
	t.Helper()
	cmd := python(t, p, "speed.py", append([]string{fmt.Sprint(entities), fmt.Sprint(steps)}, program...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	var r speedRun
	if err := json.Unmarshal(out[strings.LastIndexByte(strings.TrimSpace(string(out)), '\n')+1:], &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// stepsPerSecond drives a simulator with one entity from Go.
func stepsPerSecond(t *testing.T, cmd *exec.Cmd, steps int64) float64 {
	t.Helper()
	ctx := t.Context()
	d, err := mosaik.Start(ctx, cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Kill()
	if _, err := d.Init(ctx, "S-0", 1, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Create(ctx, 1, "S", nil); err != nil {
		t.Fatal(err)
	}
	var in mosaik.Inputs
	in.Add("s0", "q", "X-0.x", 1.0)
	begin := time.Now()
	for i := range steps {
		if _, err := d.Step(ctx, i, in, steps); err != nil {
			t.Fatal(err)
		}
	}
	rate := float64(steps) / time.Since(begin).Seconds()
	if err := d.Stop(ctx); err != nil {
		t.Error(err)
	}
	return rate
}

// TestSpeed compares simulators in Go and in Python. With MOSAIK_SPEED=FILE it runs in full and writes its table into
// that file (make mosaik-speed); else it only looks whether the results are the same.
func TestSpeed(t *testing.T) {
	file := os.Getenv("MOSAIK_SPEED")
	entities, steps := 1000, 1000
	if file == "" {
		entities, steps = 100, 50
	}
	var rows []string
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		var ofGo, ofPython []speedRun
		var rateGo, ratePython []float64
		script, err := pyenv.Script(filepath.Join("mosaik", "sims.py"))
		if err != nil {
			t.Fatal(err)
		}
		ofPython = append(ofPython, runSpeed(t, p, entities, steps))
		ofGo = append(ofGo, runSpeed(t, p, entities, steps, sims(t)))
		for range 3 {
			ratePython = append(ratePython, stepsPerSecond(t, exec.Command(p.Path, script, "scale", "%(addr)s"), int64(10*steps)))
			rateGo = append(rateGo, stepsPerSecond(t, exec.Command(sims(t), "scale", "%(addr)s"), int64(10*steps)))
		}
		if ofGo[0].Sum != ofPython[0].Sum {
			t.Errorf("the sums differ: %v in Python, %v in Go", ofPython, ofGo)
		}
		version, err := exec.Command(p.Path, "-c", "import mosaik; print(mosaik.__version__)").Output()
		if err != nil {
			t.Fatal(err)
		}
		a, b := ofPython[0], ofGo[0]
		rows = append(rows, fmt.Sprintf("| %s, Python %s | %.1f | %.0f %% | %.0f %% | %.1f | %.1f |",
			strings.TrimSpace(string(version)), p.Version, a.Simulators/b.Simulators, 100*a.Simulators/(a.Simulators+a.Mosaik),
			100*b.Simulators/(b.Simulators+b.Mosaik), (a.Simulators+a.Mosaik)/(b.Simulators+b.Mosaik), slices.Max(rateGo)/slices.Max(ratePython)))
		t.Logf("Python %+v, %v steps/s; Go %+v, %v steps/s", ofPython, ratePython, ofGo, rateGo)
	})
	table := fmt.Sprintf("| mosaik | simulators, %d entities × %d steps | their part of all, Python | Go | simulators and mosaik | steps/s alone |\n"+
		"| --- | --- | --- | --- | --- | --- |\n%s\n", entities, steps, strings.Join(rows, "\n"))
	t.Log("\n" + table)
	if file != "" {
		writeTable(t, file, table)
	}
}

// writeTable replaces what is between the marks in a file.
func writeTable(t *testing.T, file, table string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), "<!-- speed -->\n")
	_, tail, ok2 := strings.Cut(rest, "<!-- end of speed -->")
	if !ok || !ok2 {
		t.Fatalf("%s has no marks for the table", file)
	}
	if err := os.WriteFile(file, []byte(head+"<!-- speed -->\n"+table+"<!-- end of speed -->"+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
