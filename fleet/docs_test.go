package fleet_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// The Go code in docs/fleet.md is that of the examples, which are compiled and run.
func TestDocsShowExamples(t *testing.T) {
	doccode.Check(t, "../docs/fleet.md", 4, "example_test.go", "helpers_test.go", "agents_test.go", "../examples/fleet/main.go")
}
