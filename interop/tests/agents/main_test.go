// Package agents tests agents in Go among agents on real Python aiomas: every
// example of aiomas's guides with one side in Go and then the other, processes
// that either starts, dates, arrays and classes, systems of many agents, and
// creamas.
package agents

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
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
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		fmt.Println(recorder.Total())
		if recorder.Violations() > 0 && code == 0 {
			code = 1
		}
		os.Exit(code)
	}))
}
