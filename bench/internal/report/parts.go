package report

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// partsTable lists what the parts of one call take.
func (d Data) partsTable() string {
	ends := []suite.Value{suite.ClientCPU, suite.ServerCPU}
	micros := func(x float64) string { return fmt.Sprintf("%.2f", x) }
	var b strings.Builder
	line := func(label string, value func(v suite.Value) (suite.Summary, bool)) {
		fmt.Fprintf(&b, "| %s |", label)
		for _, v := range ends {
			text := "–"
			if s, ok := value(v); ok {
				text = s.Format(micros)
			}
			fmt.Fprintf(&b, " %s |", text)
		}
		b.WriteString("\n")
	}
	b.WriteString("| | client, µs: median (min–max) | server, µs |\n| --- | --- | --- |\n")
	line("the system: a write, a read and a wait of each end, and the change of processes", func(v suite.Value) (suite.Summary, bool) {
		return d.Results.Of(suite.PartsName, "raw-epoll-json", v)
	})
	for _, p := range suite.PartsOfCall {
		line(p.Label, func(v suite.Value) (suite.Summary, bool) {
			return d.Results.Difference(suite.PartsName, p.Peer, p.Without, v)
		})
	}
	line("a call", func(v suite.Value) (suite.Summary, bool) { return d.Results.Of(suite.PartsName, "json", v) })
	return b.String()
}
