package deploy_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

// The guide shows code of the program that is run.
func TestGuideShowsCode(t *testing.T) { doccode.Check(t, "../docs/deploy.md", 1, "town/main.go") }
