package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// Each program gen.go that go generate runs writes the files again that are beside it.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	programs := 0
	for dir, sources := range readTree(t).sources {
		if slices.Contains(sources, "gen.go") && generates(t, dir, sources) {
			programs++
			checkGenerated(t, dir)
		}
	}
	if programs == 0 {
		t.Error("no gen.go found")
	}
}

// generates reports whether one of the sources in dir makes go generate run gen.go.
func generates(t *testing.T, dir string, sources []string) bool {
	return slices.ContainsFunc(sources, func(name string) bool {
		text, err := os.ReadFile(path.Join("..", dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(text, []byte("\n//go:generate go run gen.go\n"))
	})
}

// checkGenerated compares what gen.go in dir writes with the files there.
func checkGenerated(t *testing.T, dir string) {
	program, err := filepath.Abs(path.Join("..", dir, "gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "run", program)
	cmd.Dir = to
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s/gen.go: %v\n%s", dir, err, out)
	}
	written, err := os.ReadDir(to)
	if err != nil || len(written) == 0 {
		t.Fatalf("%s/gen.go writes nothing (%v)", dir, err)
	}
	for _, f := range written {
		want, err := os.ReadFile(filepath.Join(to, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path.Join("..", dir, f.Name()))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s/%s is not what gen.go writes (%v): run go generate ./%s", dir, f.Name(), err, dir)
		}
	}
}
