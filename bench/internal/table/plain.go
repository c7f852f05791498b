package table

import "github.com/aiomas-go/aiomas-go/bench/internal/suite"

// plain returns the row for the gain from raw socket calls and inline handling.
func (m maker) plain() Row {
	r := Row{Measure: "as shipped over a build without raw socket calls and inline handling"}
	for i, codec := range suite.Ours {
		label := []string{"JSON", "MsgPack"}[i]
		r.Figures = append(r.Figures,
			m.faster(label+", sequential, one core", "plain-1", codec, "plain-"+codec, 1.1),
			m.faster(label+", 100 in flight", "plain-100", codec, "plain-"+codec, 1.1))
	}
	return r
}
