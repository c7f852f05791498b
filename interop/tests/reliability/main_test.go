// Package reliability holds what is tried against real Python aiomas and between
// Go ends under faults and load, at restarts and over hours.
//
// Each test has a bounded form, which `make test` runs, and a full one:
//
//	make faults              5,400 faults in connections, processes that stop, end and restart
//	make load                the whole load
//	make soak SOAKTIME=10m   mixed load with faults
//
// docs/reliability.md has the numbers. Whatever Go sends to Python on the way is
// read by a recorder.
package reliability

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// helperVariable makes this program play another process.
const helperVariable = "AIOMAS_TEST_HELPER"

// roles are what it can play.
var roles = map[string]func() error{"client": playClient}

func TestMain(m *testing.M) {
	if role := os.Getenv(helperVariable); role != "" {
		if err := roles[role](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	suite.AtExit(printReport)
	suite.Main(m)
}

// within returns what happens on c, and fails the test if that takes too long: a
// hang.
func within[T any](tb testing.TB, d time.Duration, what string, c <-chan T) (v T) {
	tb.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case v = <-c:
	case <-timer.C:
		ledger.count(func(l *faultLedger) { l.failures++ })
		tb.Fatalf("%s did not happen in %v", what, d)
	}
	return v
}

// goroutines returns how many there are when nothing goes on any more. A connection
// has one that reads, but not always the same, so that they are only counted.
func goroutines(tb testing.TB) (n int) {
	tb.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(harmless)
	for same := 0; same < 5; {
		select {
		case <-tick.C:
		case <-timeout:
			tb.Fatal("goroutines come and go though nothing is called")
		}
		now := runtime.NumGoroutine()
		if same++; now != n {
			n, same = now, 0
		}
	}
	return n
}

// checkLeaks fails the test if there are more goroutines than before.
func checkLeaks(tb testing.TB, before int) {
	tb.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(harmless)
	for runtime.NumGoroutine() > before {
		select {
		case <-tick.C:
			continue
		case <-timeout:
		}
		ledger.count(func(l *faultLedger) { l.leaks++ })
		var all strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&all, 1)
		tb.Errorf("there were %d goroutines, now there are\n%s", before, &all)
		return
	}
}
