package table

import "github.com/aiomas-go/aiomas-go/bench/internal/suite"

// agents returns the rows of containers: the cost of turns and of the order of arrival, and
// how much faster they are than Python's containers with the same client.
func (m maker) agents() []Row {
	plain := Row{Measure: "agents over a plain service with the same paths"}
	python := Row{Measure: "agents over Python's agents, Go client"}
	for _, w := range suite.AgentWorks {
		for i, codec := range suite.Ours {
			label := []string{"JSON, ", "MsgPack, "}[i] + w.Label
			plain.Figures = append(plain.Figures, m.faster(label, w.Name, "agents-"+codec, codec, 0.9))
			python.Figures = append(python.Figures, m.faster(label, w.Name, "agents-"+codec, "python-"+codec, w.OverPython))
			if f := m.faster(label, w.Name, "noturns-"+codec, codec, 0); !f.Absent {
				if plain.Others == "" {
					plain.Others = "agents without turns over a plain service: "
				} else {
					plain.Others += " · "
				}
				plain.Others += label + " " + suite.Number(f.Value.Median)
			}
		}
	}
	return []Row{plain, python}
}
