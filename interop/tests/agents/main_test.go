// Package agents tests agents in Go among agents on real Python aiomas: every
// example of aiomas's guides with one side in Go and then the other, processes
// that either starts, dates, arrays and classes, systems of many agents, and
// creamas.
package agents

import (
	"os"
	"testing"

	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// roleVariable makes the test program play another process.
const roleVariable = "AIOMAS_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "manager":
		os.Exit(playManager(os.Args[1:]))
	case "parent":
		os.Exit(playParent(os.Args[1:]))
	}
	suite.Main(m)
}
