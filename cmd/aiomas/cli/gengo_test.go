package cli

import (
	"flag"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

var updateGen = flag.Bool("update", false, "write the golden files of gen")

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func wantGolden(t *testing.T, name, got string) {
	t.Helper()
	if *updateGen {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, name); got != want {
		t.Errorf("%s differs; go test -run Gen -update writes it", name)
	}
}

// Every Python reads the same of a file, and gofmt leaves what is written as it is.
func TestGenGoIsStable(t *testing.T) {
	for _, py := range pyenv.Require(t) {
		t.Run(py.String(), func(t *testing.T) {
			got := aiomasCmd(t, "", "gen", "go", "testdata/gen/table.py", "--package", "main", "--python", py.Path)
			if got.code != 0 {
				t.Fatalf("%+v", got)
			}
			wantGolden(t, "testdata/gen/table.go.golden", got.stdout)
			wantGolden(t, "testdata/gen/table.notes.golden", got.stderr)
			if formatted, err := format.Source([]byte(got.stdout)); err != nil || string(formatted) != got.stdout {
				t.Errorf("not formatted: %v", err)
			}
		})
	}
}

// buildGenerated builds a program of testdata/gen with what is generated for it.
func buildGenerated(t *testing.T, program string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	aiomasCmd(t, "", append([]string{"gen", "go", "--package", "main", "-o", filepath.Join(dir, "generated.go")}, args...)...)
	for name, text := range map[string]string{
		"go.mod":  "module generated\n\ngo 1.25.0\n\nrequire github.com/aiomas-go/aiomas-go v0.0.0\n\nreplace github.com/aiomas-go/aiomas-go => " + strconv.Quote(root) + "\n",
		"go.sum":  read(t, filepath.Join(root, "go.sum")),
		"main.go": program,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "program")
	t.Setenv("GOFLAGS", "-mod=mod")
	for _, cmd := range [][]string{{"go", "vet", "."}, {"go", "build", "-o", binary, "."}} {
		c := exec.CommandContext(t.Context(), cmd[0], cmd[1:]...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	return binary
}

func commandOutput(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// A client that was generated calls the Python that it was generated from, and a service that was generated answers
// Python as that does.
func TestGenGoRuns(t *testing.T) {
	py := pyenv.RequireOne(t)
	program := buildGenerated(t, read(t, "testdata/gen/main.go"), "testdata/gen/table.py")
	python := pyenv.Start(t, exec.Command(py.Path, "testdata/gen/table.py")).Addr
	inGo := pyenv.Start(t, exec.Command(program)).Addr
	output := func(name string, args ...string) string { return commandOutput(t, name, args...) }
	if got := output(program, python, "python"); got != "" {
		t.Errorf("Go calls Python: %s", got)
	}
	want := output(py.Path, "testdata/gen/table.py", python)
	if got := output(py.Path, "testdata/gen/table.py", strings.TrimPrefix(inGo, "tcp://")); got != want {
		t.Errorf("Python calls Go:\n%s\nwant, as Python calls Python:\n%s", got, want)
	}

	client := filepath.Join(filepath.Dir(program), "client.py")
	aiomasCmd(t, "", "gen", "python", filepath.Dir(program), "-o", client).want(t, 0, "", "")
	wantGolden(t, "testdata/gen/client.py.golden", read(t, client))
	t.Setenv("PYTHONPATH", filepath.Dir(client)+string(filepath.ListSeparator)+"testdata/gen")
	t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
	for _, addr := range []string{python, strings.TrimPrefix(inGo, "tcp://")} {
		if got := output(py.Path, "testdata/gen/table.py", addr, "client"); got != want {
			t.Errorf("the client made from Go calls %s:\n%s\nwant\n%s", addr, got, want)
		}
	}
	if differs := output(py.Path, "testdata/gen/roundtrip.py"); differs != "" {
		t.Errorf("Python made from Go made from Python differs:\n%s", differs)
	}
}

// What is rare compiles, too, and says what it leaves out.
func TestGenGoOddities(t *testing.T) {
	python := pyenv.RequireOne(t).Path
	dir := filepath.Dir(buildGenerated(t, "package main\n\nfunc main() {}\n", "testdata/gen/odd.py", "--python", python))
	client := filepath.Join(dir, "client.py")
	if got := aiomasCmd(t, "", "gen", "python", dir, "-o", client); got.code != 0 || !strings.Contains(got.stderr, ": the class of the sub-service unknown is not known\n") {
		t.Errorf("%+v", got)
	}
	commandOutput(t, python, client) // it can be imported
	got := aiomasCmd(t, "", "gen", "go", "testdata/gen/odd.py", "--python", python)
	wantGolden(t, "testdata/gen/odd.go.golden", got.stdout)
	wantGolden(t, "testdata/gen/odd.notes.golden", got.stderr)
}

// Agents of both languages call each other by what was generated.
func TestGenGoAgents(t *testing.T) {
	py := pyenv.RequireOne(t)
	program := buildGenerated(t, read(t, "testdata/gen/agents.go"), "testdata/gen/agents.py", "--python", py.Path)
	port := strconv.Itoa(testnet.FreePort(t))
	for i, addr := range []string{
		pyenv.Start(t, exec.Command(py.Path, "testdata/gen/agents.py", "serve", port)).Addr,
		pyenv.Start(t, exec.Command(program)).Addr,
	} {
		want := "TraderProxy('" + addr + "') 1.5 USD at 2020-01-02T03:04:05+00:00\n"
		callers := [][]string{{program, addr}, {py.Path, "testdata/gen/agents.py", addr}}
		for _, c := range callers {
			if got := commandOutput(t, c[0], c[1:]...); got != want {
				t.Errorf("agent %d: %q, want %q", i, got, want)
			}
		}
	}
}
