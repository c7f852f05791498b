// Package table makes the table of figures and targets from the samples.
package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// Figure is a number with a target.
type Figure struct {
	Label  string // "JSON"
	Value  suite.Summary
	Target float64
	AtMost bool   // otherwise Target is a minimum
	Unit   string // " ns"; empty for a ratio
	Suite  string // the suite of the measurement
	Absent bool   // it was not measured
	Apart  string // the values with near and with far cores

	// Machine says that the figure depends on the machine as much as on this library: a time,
	// or a ratio in which page faults or system calls decide. It is never a gross loss.
	Machine bool
}

// Pass reports whether the median reaches the target.
func (f Figure) Pass() bool {
	if f.AtMost {
		return f.Value.Median <= f.Target
	}
	return f.Value.Median >= f.Target
}

// Gross reports whether the figure is too bad for noise or another machine to be the reason:
// not even its best round reaches half of the target. A run of CI was refused for 209 ns with
// a target of 80, on a machine that was three times slower in all that it did.
func (f Figure) Gross() bool {
	switch {
	case f.Absent, f.Machine:
		return false
	case f.AtMost:
		return f.Value.Min > f.Target*2
	}
	return f.Value.Max < f.Target/2
}

// Want returns the target as text.
func (f Figure) Want() string {
	sign := "≥"
	if f.AtMost {
		sign = "≤"
	}
	return fmt.Sprintf("%s %v%s", sign, f.Target, f.Unit)
}

// Verdict returns pass, short, or not run.
func (f Figure) Verdict() string {
	switch {
	case f.Absent:
		return "not run"
	case f.Pass():
		return "pass"
	}
	return "short"
}

// Text returns the figure with the extremes of the rounds.
func (f Figure) Text() string {
	if f.Absent {
		return "–"
	}
	return f.Value.String() + f.Unit
}

// Row has the figures of one measure.
type Row struct {
	No      int
	Measure string
	Figures []Figure
	Others  string // figures of the best peers for the same measure
	Why     string // the reason found in the samples, if it is short
}

// Short reports whether the figure was measured and misses its target.
func (f Figure) Short() bool { return !f.Absent && !f.Pass() }

// Concerns reports whether a figure selected by which was measured in the suite.
func Concerns(rows []Row, suite string, which func(Figure) bool) bool {
	for _, r := range rows {
		for _, f := range r.Figures {
			if f.Suite == suite && which(f) {
				return true
			}
		}
	}
	return false
}

// Print prints the measured rows for a terminal, and returns the number of figures that are
// short.
func Print(w io.Writer, rows []Row) (short int) {
	absent := 0
	fmt.Fprintf(w, "%2s  %-82s %-10s %-26s %s\n", "", "measure", "target", "figure: median (min–max)", "")
	for _, r := range rows {
		no := fmt.Sprintf("%2d", r.No)
		for _, f := range r.Figures {
			if f.Absent {
				absent++
				continue
			}
			fmt.Fprintf(w, "%s  %s %s %s %s\n", no, pad(r.Measure+", "+f.Label, 82), pad(f.Want(), 10), pad(f.Text(), 26), f.Verdict())
			no = "  "
			if f.Short() {
				short++
				if f.Apart != "" {
					fmt.Fprintf(w, "    %s\n", f.Apart)
				}
			}
		}
		if r.Others != "" {
			fmt.Fprintf(w, "    %s\n", r.Others)
		}
	}
	if absent > 0 {
		fmt.Fprintf(w, "\n%d figures were not run\n", absent)
	}
	return short
}

// pad pads s to n runes: the texts contain µ and –.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-len([]rune(s))))
}
