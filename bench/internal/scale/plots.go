package scale

import (
	"cmp"
	"slices"

	"github.com/aiomas-go/aiomas-go/bench/internal/report"
	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// plots draws how memory and steps grow, by file name.
func (r Record) plots() map[string][]byte {
	agents := func(m Result) float64 { return float64(m.Shape.Agents) }
	connections := func(m Result) float64 { return pairs(m.Shape) }
	inAgents, inContainers := r.series(true), r.series(false)
	cpu := func(k Kind) func(Result) float64 { return func(m Result) float64 { return 1e3 * m.CPU[k] } }
	return map[string][]byte{
		"memory-agents.svg": report.Curves("heap of the agents, MB", "linear is good", "agents",
			curve("heap", inAgents, agents, func(m Result) float64 { return m.HeapAgent * agents(m) / 1e6 })),
		"memory-connections.svg": report.Curves("heap of the connections, MB", "linear is good", "pairs of containers",
			curve("heap", inContainers, connections, func(m Result) float64 { return m.HeapPair * connections(m) / 1e6 })),
		"steps-agents.svg": report.Curves("CPU of a step, ms", "linear is good", "agents",
			curves(inAgents, agents, cpu)...),
		"steps-connections.svg": report.Curves("CPU of a step of 100,000 agents, ms", "flat is good", "pairs of containers",
			curves(inContainers, connections, cpu)...),
	}
}

// series returns the results that differ from the one with 100,000 agents only in the number
// of agents, or of containers.
func (r Record) series(agents bool) (list []Result) {
	base := r.Results[min(3, len(r.Results)-1)].Shape
	for _, m := range r.Results {
		s := m.Shape
		if agents {
			s.Agents = base.Agents
		} else {
			s.Containers = base.Containers
		}
		if s == base && m.CPU[Known] > 0 {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.Shape.Agents, b.Shape.Agents), cmp.Compare(a.Shape.Containers, b.Shape.Containers))
	})
	return list
}

// curves are those of all kinds that were measured.
func curves(list []Result, x func(Result) float64, y func(Kind) func(Result) float64) (all []report.Line) {
	for _, k := range Kinds {
		if !slices.ContainsFunc(list, func(m Result) bool { return m.Steps[k] == 0 }) {
			all = append(all, curve(string(k), list, x, y(k)))
		}
	}
	return all
}

func curve(name string, list []Result, x, y func(Result) float64) report.Line {
	l := report.Line{Name: name}
	for _, m := range list {
		v := y(m)
		l.X = append(l.X, x(m))
		l.Y = append(l.Y, suite.Summary{Median: v, Min: v, Max: v})
	}
	return l
}
