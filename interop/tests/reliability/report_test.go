package reliability

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/faultproxy"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

// full says that this is no bounded form: the numbers are those of docs/reliability.md.
var full = pyenv.Full()

// pick returns the number for the bounded form or the full one.
func pick(bounded, whole int) int {
	if full {
		return whole
	}
	return bounded
}

// measured is one line of the tables of docs/reliability.md.
type measured struct{ what, result, bound string }

var report struct {
	sync.Mutex
	rows []measured
}

// note adds a line to the report.
func note(what, bound, format string, args ...any) {
	report.Lock()
	defer report.Unlock()
	report.rows = append(report.rows, measured{what, fmt.Sprintf(format, args...), bound})
}

// printReport prints the report, and writes it as a table to the file that
// AIOMAS_TABLE names.
func printReport() error {
	ledger.note()
	var table strings.Builder
	table.WriteString("| what | measured | bound |\n| --- | --- | --- |\n")
	for _, r := range report.rows {
		fmt.Printf("reliability: %s: %s; bound: %s\n", r.what, r.result, cmp.Or(r.bound, "none"))
		fmt.Fprintf(&table, "| %s | %s | %s |\n", r.what, r.result, r.bound)
	}
	fmt.Fprintf(&table, "| what went to Python | %s | no broken rule |\n", strings.TrimPrefix(recorder.Total(), "recorder: "))
	file := os.Getenv("AIOMAS_TABLE")
	if file == "" {
		return nil
	}
	return os.WriteFile(file, []byte(table.String()), 0o600)
}

// ledger counts all that was made go wrong, and how the calls ended.
var ledger = newLedger()

type faultLedger struct {
	mu       sync.Mutex
	injected map[string]int // by kind
	ended    map[string]int // calls, by outcome
	flipped  int            // results that a flipped bit had changed
	failures int            // calls that ended as they must not, or not at all
	others   int64          // calls on other connections
	harmed   int            // other connections that were
	leaks    int            // tests after which goroutines were left
}

func newLedger() *faultLedger {
	return &faultLedger{injected: map[string]int{}, ended: map[string]int{}}
}

// inject counts n faults.
func (l *faultLedger) inject(kind string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.injected[kind] += n
}

func (l *faultLedger) count(f func(*faultLedger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l)
}

// judge counts how calls ended, and fails the test if one has ended in another way
// than with its result or as allowed.
func (l *faultLedger) judge(tb testing.TB, what any, o *outcomes, allowed ...string) {
	tb.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	bad := 0
	for how, n := range o.counts {
		l.ended[how] += n
		if how != "ok" && !slices.Contains(allowed, how) {
			bad += n
		}
		if how == "wrong" && slices.Contains(allowed, how) {
			l.flipped += n
		}
	}
	if len(o.counts) == 0 {
		bad++ // nothing has ended
	}
	if bad > 0 {
		l.failures += bad
		tb.Errorf("%v: %v; only ok and %v are allowed:\n%s", what, o, allowed, strings.Join(o.notes, "\n"))
	}
}

// least is how many faults the full form must inject.
const least = 5000

// note adds the ledger to the report.
func (l *faultLedger) note() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.injected) == 0 {
		return
	}
	proxied, others := 0, map[string]int{}
	maps.Copy(others, l.injected)
	byKind := map[string]int{}
	for _, k := range faultproxy.Kinds {
		proxied += l.injected[string(k)]
		byKind[string(k)] = l.injected[string(k)]
		delete(others, string(k))
	}
	bound := ""
	if full {
		bound = "≥ " + thousands(least)
	}
	if proxied > 0 {
		note("faults injected into connections", bound, "%s (%s)", thousands(proxied), list(byKind))
	}
	if len(others) > 0 {
		note("faults injected otherwise", "", "%s", list(others))
	}
	total := 0
	for _, n := range l.ended {
		total += n
	}
	note("calls under these faults", "each ends in its result or a typed error", "%s (%s)", thousands(total), list(l.ended))
	note("failures: hangs, untyped errors, wrong results", "0", "%d; %d results had another value because a bit of them was flipped, which no codec can notice",
		l.failures, l.flipped)
	if l.others > 0 {
		note("calls on other connections meanwhile", "none fails", "%s, on %d connections some failed", thousands(int(l.others)), l.harmed)
	}
	note("tests that left goroutines", "0", "%d", l.leaks)
}

// list is "cut 600, flip 600".
func list(counts map[string]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, k+" "+thousands(counts[k]))
	}
	return strings.Join(parts, ", ")
}

// thousands is n as in 5,400.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -999: "-999", 12345678: "12,345,678"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
