package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// What is written of a package by hand is as in the golden file, and every Python can import it.
func TestGenPython(t *testing.T) {
	module := filepath.Join(t.TempDir(), "plant_client.py")
	aiomasCmd(t, "", "gen", "python", "./testdata/gen/plant", "-o", module).want(t, 0, "", "")
	wantGolden(t, "testdata/gen/plant.py.golden", read(t, module))
	for _, py := range pyenv.Require(t) {
		cmd := exec.CommandContext(t.Context(), py.Path, module)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", py, err, out)
		}
	}
	aiomasCmd(t, "", "gen", "python", "./testdata/gen/plant", "-o", module, "--check").want(t, 0, "", "")
	if err := os.WriteFile(module, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	aiomasCmd(t, "", "gen", "python", "./testdata/gen/plant", "-o", module, "--check").want(t, 1, "", "aiomas: "+module+" is old: run aiomas gen python again")
}

func TestGenErrors(t *testing.T) {
	dir := t.TempDir()
	py := pyenv.RequireOne(t).Path
	for _, c := range []struct {
		source, classes string
		code            int
		stderr          string
	}{
		{"def f(:\n", "", 1, "aiomas: source.py:1: invalid syntax (Python 3.13)"},
		{"x = 1\n", "", 1, "aiomas: source.py: nothing is exposed"},
		{"import aiomas\nclass A:\n    @aiomas.expose\n    def f(self): pass\n", ":B", 1, "aiomas: source.py: no class B that exposes anything"},
		{"import aiomas\nclass A(Other):\n    @aiomas.expose\n    def f(self): pass\n", ":A", 0, "source.py:2: the base class Other of A is not in the files that were read: what it exposes is missing"},
		{"import aiomas\nclass A:\n    @aiomas.expose\n    @cached\n    def f(self): pass\n", "", 0, "source.py:5: f: @cached may change its signature"},
		{"import aiomas\nclass A:\n    router = aiomas.rpc.Service(['b'])\n    def __init__(self, b): self.b = b\n", "", 0, "source.py:3: the class of the sub-service b of A is not known"},
		{"import aiomas\nclass A:\n    @aiomas.expose\n    def f(self):\n        yield 1\n", "", 0, "source.py:4: f is a generator: its result cannot travel"},
		{"import aiomas\nclass A:\n    @aiomas.expose\n    def a_b(self): pass\n    @aiomas.expose\n    def aB(self): pass\n", "", 0, "source.py:6: A.aB is AB2, as there is another AB"},
		{"import aiomas\nclass A:\n    @aiomas.expose\n    def f(self, x: complex): pass\n", "", 0, "source.py:4: f: x: Go has no type for complex"},
	} {
		file := filepath.Join(dir, "source.py")
		if err := os.WriteFile(file, []byte(c.source), 0o600); err != nil {
			t.Fatal(err)
		}
		got := aiomasCmd(t, "", "gen", "go", file+c.classes, "--python", py)
		got.stdout = ""
		if c.code != 0 && c.source[:3] == "def" { // each version has its own words
			got.stderr = c.stderr
		}
		got.want(t, c.code, "", c.stderr)
	}
	aiomasCmd(t, "", "gen", "go").want(t, exitUsage, "", "aiomas: too few arguments: aiomas gen go FILE.py[:CLASS[,CLASS]]… [flags]")
	aiomasCmd(t, "", "gen", "go", "a.py", "--package", "1").want(t, exitUsage, "", `aiomas: "1" cannot be the name of a package`)
	aiomasCmd(t, "", "gen", "go", filepath.Join(dir, "source.py"), "--check").want(t, exitUsage, "", "aiomas: --check needs --output")
	aiomasCmd(t, "", "gen", "go", filepath.Join(dir, "source.py"), "--python", "no-such-python").want(t, 1, "", `aiomas: exec: "no-such-python": executable file not found in $PATH; --python names an interpreter`)
}
