// Package table makes the table of figures and targets out of the samples.
package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// Figure is one number that has a target.
type Figure struct {
	Label  string // "JSON"
	Value  suite.Summary
	Target float64
	AtMost bool   // else at least
	Unit   string // " ns"; empty for a ratio
	Suite  string // what it was measured in
	Absent bool   // nothing was measured
	Apart  string // what it is with near cores and with far ones
}

// Pass tells whether the median makes the target.
func (f Figure) Pass() bool {
	if f.AtMost {
		return f.Value.Median <= f.Target
	}
	return f.Value.Median >= f.Target
}

// Gross tells that the figure is so bad that noise cannot be the reason: not
// even its best round makes half of the target.
func (f Figure) Gross() bool {
	switch {
	case f.Absent:
		return false
	case f.AtMost:
		return f.Value.Min > f.Target*2
	}
	return f.Value.Max < f.Target/2
}

// Want is the target as text.
func (f Figure) Want() string {
	sign := "≥"
	if f.AtMost {
		sign = "≤"
	}
	return fmt.Sprintf("%s %v%s", sign, f.Target, f.Unit)
}

// Verdict is pass, short, or not run.
func (f Figure) Verdict() string {
	switch {
	case f.Absent:
		return "not run"
	case f.Pass():
		return "pass"
	}
	return "short"
}

// Text is the figure with the extremes of the rounds.
func (f Figure) Text() string {
	if f.Absent {
		return "–"
	}
	return f.Value.String() + f.Unit
}

// Row is one measure.
type Row struct {
	No      int
	Measure string
	Figures []Figure
	Others  string // the best peers' figures of the same measure
	Why     string // what the samples tell of the reason, if it is short
}

// Short tells that a figure misses its target.
func (f Figure) Short() bool { return !f.Absent && !f.Pass() }

// Concerns tells that a figure of which is was measured in that suite.
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

// Print writes what was run for a terminal and returns how many figures are
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

// pad counts runes: the texts have µ and – in them.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-len([]rune(s))))
}
