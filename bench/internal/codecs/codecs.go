// Package codecs has the benchmarks of the codecs and of libraries that users could choose
// instead. The Go benchmarks and the bench's table run the same cases.
package codecs

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// Case is one operation of one codec or library.
type Case struct {
	Name string // "json/state/encode-any/aiomas"
	New  func() func() error
}

var cases []Case

// add adds a case. setup returns the operation.
func add(name string, setup func() func() error) { cases = append(cases, Case{name, setup}) }

// All returns all cases.
func All() []Case { return cases }

// Run runs one case in this process.
func Run(name string) error {
	i := slices.IndexFunc(cases, func(c Case) bool { return c.Name == name })
	if i < 0 {
		return fmt.Errorf("there is no codec case %q", name)
	}
	op := cases[i].New()
	if err := op(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	runtime.GC()
	batch := batchSize(op)
	return proc.Answer(proc.Reply{}, func(r proc.Request) (proc.Reply, error) {
		before := proc.Self()
		start := time.Now()
		var calls int64
		for end := start.Add(time.Duration(r.Nanos)); time.Now().Before(end); calls += int64(batch) {
			for range batch {
				if err := op(); err != nil {
					return proc.Reply{}, err
				}
			}
		}
		took := time.Since(start)
		return proc.Reply{Calls: calls, Nanos: int64(took), Usage: proc.Self().Sub(before)}, nil
	})
}

// batchSize returns the number of operations that take about a quarter of a millisecond, so
// that the time to read the clock is negligible.
func batchSize(op func() error) int {
	for n := 1; ; n *= 2 {
		start := time.Now()
		for range n {
			_ = op() // it has succeeded before
		}
		if time.Since(start) > 250*time.Microsecond {
			return n
		}
	}
}

// Suite returns the codec and value of a case, "json/state". Cases of one suite are
// compared.
func (c Case) Suite() string {
	parts := strings.SplitN(c.Name, "/", 3)
	return parts[0] + "/" + parts[1]
}
