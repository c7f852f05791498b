package table

import "github.com/aiomas-go/aiomas-go/bench/internal/suite"

// nats returns the rows for names over NATS.
func (m maker) nats() []Row {
	over := func(measure, s string, target float64) Row {
		r := Row{Measure: measure + ", over NATS over TCP", Others: m.others(s, suite.Rate, "msgpack", "nats-plain")}
		for i, codec := range suite.Ours {
			r.Figures = append(r.Figures, m.limit([]string{"JSON", "MsgPack"}[i], s, "nats-"+codec, codec, target))
		}
		return r
	}
	return []Row{
		over("one call at a time", "nats-1", 0.35),
		over("100 in flight", "nats-100", 0.5),
		over("1 MiB echo", "nats-echo", 0.4),
		over("dial, one call, close", "nats-dial", 0.5),
		{Measure: "lookup in a directory of agents", Figures: []Figure{
			m.value("one at a time", "nats-directory", "nats-directory", func(s suite.Sample) float64 {
				return suite.NanosPerCall(s) / 1e3
			}, 105, " µs"),
		}},
	}
}
