package mosaik

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// apiNames lists what simulators in Python use.
const apiNames = `
import json, mosaik_api_v3 as m
names = set(m.__all__) - {'__version__'}
for c in (m.Simulator, m.MosaikProxy):
    names |= {n for n in dir(c) if not n.startswith('_')}
print(json.dumps(sorted(names)))
`

// docs/mosaik.md says of each name of Python's API what it is here, and what it names is here.
func TestMigrationNamesEverything(t *testing.T) {
	b, err := os.ReadFile("../../../docs/mosaik.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, ok := strings.Cut(string(b), "\n## From Python and Java\n")
	page, _, ok2 := strings.Cut(page, "\n## ")
	if !ok || !ok2 {
		t.Fatal("the section is missing")
	}
	code := regexp.MustCompile("`[^`]+`")
	word := regexp.MustCompile(`\w+`)
	var python []string
	known := exported(t)
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, c := range code.FindAllString(cells[1], -1) {
			python = append(python, word.FindAllString(c, -1)...)
		}
		for _, c := range code.FindAllString(cells[len(cells)-2], -1) {
			for _, name := range word.FindAllString(c, -1) {
				if ast.IsExported(name) && !known[name] && name != "Name" && name != "T" && name != "ValueError" && name != "New" {
					t.Errorf("%s is not in the package: %s", name, line)
				}
			}
		}
	}
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		out, err := exec.Command(p.Path, "-c", apiNames).Output()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		if err := json.Unmarshal(out, &names); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !slices.Contains(python, name) {
				t.Errorf("nothing about %s", name)
			}
		}
	})
}

// exported are the names of package mosaik, its methods and fields.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../../../mosaik/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names[n.Name.Name] = true
				return false
			case *ast.TypeSpec:
				names[n.Name.Name] = true
			case *ast.Field:
				for _, id := range n.Names {
					names[id.Name] = true
				}
			case *ast.ValueSpec:
				for _, id := range n.Names {
					names[id.Name] = true
				}
			}
			return true
		})
	}
	return names
}

// The examples are short: lines of code without package, imports and comments.
func TestExamplesAreShort(t *testing.T) {
	page, err := os.ReadFile("../../../docs/mosaik.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]int{"battery": 15, "controller": 20} {
		b, err := os.ReadFile("../../../examples/mosaik/" + name + "/main.go")
		if err != nil {
			t.Fatal(err)
		}
		_, code, ok := strings.Cut(string(b), "\n)\n") // the end of the imports
		if !ok {
			t.Fatalf("%s has no imports", name)
		}
		n := 0
		for line := range strings.Lines(code) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				n++
			}
		}
		if n > most {
			t.Errorf("%s has %d lines of code, more than %d", name, n, most)
		}
		if name == "battery" && !strings.Contains(string(page), code) {
			t.Error("docs/mosaik.md does not begin with examples/mosaik/battery")
		}
	}
}
