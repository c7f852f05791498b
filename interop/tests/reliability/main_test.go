// Package reliability holds what is tried against real Python aiomas and between
// Go ends when things go wrong or get much: faults, load, restarts, soak.
//
// Each test has a bounded form, which `make test` runs, and a full one:
//
//	make faults              5,400 injected faults, 100 restarts
//	make load                the whole load
//	make soak SOAKTIME=10m   mixed load with faults
//
// docs/reliability.md has the numbers.
package reliability

import (
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		for _, f := range cleanups {
			f()
		}
		os.Exit(code)
	}))
}

var cleanups []func()

// atExit runs f after all tests. It is for things made once for many tests.
func atExit(f func()) { cleanups = append(cleanups, f) }

// number returns the environment variable's value, or otherwise.
func number(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// within returns what happens on c, and fails the test if that takes too long: a
// hang.
func within[T any](t testing.TB, d time.Duration, what string, c <-chan T) (v T) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case v = <-c:
	case <-timer.C:
		t.Fatalf("%s did not happen in %v", what, d)
	}
	return v
}
