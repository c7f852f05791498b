package traceback

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestGolden parses what real Pythons sent through aiomas, and compares it with
// what they knew of the exceptions; interop/python/capture_tracebacks.py wrote
// both.
func TestGolden(t *testing.T) {
	for _, dir := range goldenDirs(t) {
		t.Run("Python"+filepath.Base(dir), func(t *testing.T) {
			var facts map[string]Exception
			data, err := os.ReadFile(filepath.Join(dir, "facts.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &facts); err != nil {
				t.Fatal(err)
			}
			for name, want := range facts {
				t.Run(name, func(t *testing.T) {
					text, err := os.ReadFile(filepath.Join(dir, name+".txt"))
					if err != nil {
						t.Fatal(err)
					}
					foldNotes(&want)
					if diff := cmp.Diff(want, Parse(string(text)), cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("exception and what was read of it (-want +got):\n%s\ntext:\n%s", diff, text)
					}
				})
			}
		})
	}
}

// goldenDirs returns the directory of each Python.
func goldenDirs(t testing.TB) []string {
	dirs, err := filepath.Glob(filepath.Join("testdata", "3.*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) < 3 {
		t.Fatalf("golden data of %d Pythons, want at least three", len(dirs))
	}
	return dirs
}

// foldNotes puts notes into the message where the text does not tell them apart.
func foldNotes(e *Exception) {
	for ; e != nil; e = older(e) {
		for i := range e.Group {
			foldNotes(&e.Group[i])
		}
		if len(e.Notes) > 0 && e.Message != "" && !endsGroupMessage(lastLine(e.Message)) {
			e.Message += "\n" + strings.Join(e.Notes, "\n")
			e.Notes = nil
		}
	}
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }
