package docs_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// What production.md shows of Go beside its own program is that of examples.
func TestProductionShowsExamples(t *testing.T) {
	doccode.Check(t, "production.md", 3, "../aiomas/debug/example_test.go", "../examples/opentelemetry/main.go")
}
