package fleet_test

import (
	"os"
	"strings"
	"testing"
)

// The Go code in docs/fleet.md is that of the examples, which are compiled and run.
func TestDocsShowExamples(t *testing.T) {
	page, err := os.ReadFile("../docs/fleet.md")
	if err != nil {
		t.Fatal(err)
	}
	var code string
	for _, name := range []string{"example_test.go", "helpers_test.go", "agents_test.go", "../examples/fleet/main.go"} {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code += unindented(string(file))
	}
	blocks := strings.Split(string(page), "```go\n")[1:]
	for _, b := range blocks {
		block, _, closed := strings.Cut(b, "```")
		if !closed || !strings.Contains(code, unindented(block)) {
			t.Errorf("no example has\n%s", block)
		}
	}
	if len(blocks) < 4 {
		t.Errorf("only %d blocks of code", len(blocks))
	}
}

// unindented is text without indentation and empty lines.
func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
