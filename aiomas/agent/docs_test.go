package agent_test

import (
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// The Go code in docs/agents.md is that of examples, which are compiled and run.
func TestDocsShowExamples(t *testing.T) {
	files, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	doccode.Check(t, filepath.Join("..", "..", "docs", "agents.md"), 10, files...)
}
