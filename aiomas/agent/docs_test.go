package agent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The Go code in docs/agents.md is that of examples, which are compiled and run.
func TestDocsShowExamples(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "agents.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.WriteString(unindented(string(file)))
	}
	blocks := strings.Split(string(text), "```go\n")[1:]
	for _, b := range blocks {
		block, _, closed := strings.Cut(b, "```")
		if !closed || !strings.Contains(code.String(), unindented(block)) {
			t.Errorf("no example has\n%s", block)
		}
	}
	if len(blocks) < 10 {
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
