package table

import (
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

func TestVerdicts(t *testing.T) {
	value := func(median, least, most float64) suite.Summary {
		return suite.Summary{Median: median, Min: least, Max: most}
	}
	for _, c := range []struct {
		name    string
		f       Figure
		verdict string
		gross   bool
	}{
		{"at least", Figure{Value: value(2, 1, 3), Target: 2}, "pass", false},
		{"short", Figure{Value: value(1.9, 1, 3), Target: 2}, "short", false},
		{"half in the best round", Figure{Value: value(0.5, 0.1, 1), Target: 2}, "short", false},
		{"less than half in all", Figure{Value: value(0.5, 0.1, 0.9), Target: 2}, "short", true},
		{"at most", Figure{Value: value(2, 1, 3), Target: 2, AtMost: true}, "pass", false},
		{"twice in the best round", Figure{Value: value(9, 4, 20), Target: 2, AtMost: true}, "short", false},
		{"more than twice in all", Figure{Value: value(9, 4.1, 20), Target: 2, AtMost: true}, "short", true},
		{"a slow machine", Figure{Value: value(209, 181, 219), Target: 80, AtMost: true, Unit: " ns", Machine: true}, "short", false},
		{"not run", Figure{Target: 2, Absent: true}, "not run", false},
	} {
		if got := c.f.Verdict(); got != c.verdict || c.f.Gross() != c.gross || c.f.Short() != (c.verdict == "short") {
			t.Errorf("%s: %s, gross %t, short %t", c.name, got, c.f.Gross(), c.f.Short())
		}
	}
}

// A ratio is taken within each round: a machine that gets slower in between does
// not change it.
func TestRatioWithinRounds(t *testing.T) {
	var slow, fast []suite.Sample
	for round := range int64(5) {
		slow = append(slow, suite.Sample{Calls: 100, Nanos: 1000 * (round + 1), Client: proc.Usage{CPU: 1}})
		fast = append(fast, suite.Sample{Calls: 300, Nanos: 1000 * (round + 1), Client: proc.Usage{CPU: 1}})
	}
	rows := Rows(suite.Results{"in-flight-100": {"json": fast, "grpc": slow}})
	f := rows[1].Figures[0]
	if f.Value.Median != 3 || f.Value.Min != 3 || f.Value.Max != 3 || f.Suite != "in-flight-100" {
		t.Errorf("%+v", f)
	}
	if !Concerns(rows, "in-flight-100", Figure.Short) || Concerns(rows, "sequential", Figure.Short) {
		t.Error("the figure of another suite")
	}
	var b strings.Builder
	if short := Print(&b, rows); short != 1 || !strings.Contains(b.String(), "3 ") {
		t.Errorf("%d short:\n%s", short, b.String())
	}
}
