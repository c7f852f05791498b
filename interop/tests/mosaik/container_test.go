package mosaik

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
)

// TestMosaikInAContainer runs mosaik in a container without a network of its own but the
// loopback, and starts the Go simulators there. What it collects is what it
// collects on this machine with the ones in Python.
func TestMosaikInAContainer(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "docker", "info").CombinedOutput(); err != nil {
		if ci := os.Getenv("CI"); ci != "" && ci != "false" && ci != "0" {
			t.Fatalf("a container engine is required under CI: %v\n%s", err, out)
		}
		t.Skipf("LEFT OUT, because no container engine answers: %v", err)
	}
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		script, err := pyenv.Script("image.sh")
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		ready := exec.CommandContext(ctx, "sh", script, p.Version)
		ready.Stderr = &errs
		out, err := ready.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", ready.Args, err, errs.Bytes())
		}
		image := strings.TrimSpace(string(out))
		folder := t.TempDir()
		bin := filepath.Join(folder, "sims")
		build := exec.CommandContext(ctx, "go", "build", "-o", bin, "github.com/aiomas-go/aiomas-go/interop/tests/mosaik/sims")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		site := filepath.Join(filepath.Dir(filepath.Dir(p.Path)), "lib", "python"+p.Version, "site-packages")
		for _, name := range []string{"controller", "setpoints"} {
			want := scenario(t, p, name)
			args := []string{
				"run", "--rm", "--network", "none", "--env", "PYTHONHASHSEED=0", "--env", "PYTHONPATH=/site", "--env", "PYTHONDONTWRITEBYTECODE=1",
				"--volume", site + ":/site:ro", "--volume", filepath.Dir(script) + "/mosaik:/scenarios:ro", "--volume", folder + ":/out",
				"--label", "aiomas-go.run=" + engine.Labels()["aiomas-go.run"],
				"--workdir", "/scenarios", "--entrypoint", "python3", image,
				"scenarios.py", name, "/out/result.json", "--go", "/out/sims", "--with", "model=cmd", "--with", "controller=cmd", "--with", "agents=cmd",
			}
			if out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			b, err := os.ReadFile(filepath.Join(folder, "result.json"))
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]string
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"data", "graph", "errors"} {
				if string(want[key]) != got[key] {
					t.Errorf("%s: %s differs\nhere         %.1000s\nin container %.1000s", name, key, want[key], got[key])
				}
			}
		}
	})
}
