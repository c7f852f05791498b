package world_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// The Go code in docs/testing.md is that of the tests.
func TestDocsShowTests(t *testing.T) {
	doccode.Check(t, "../../../docs/testing.md", 2, "example_bargain_test.go")
}
