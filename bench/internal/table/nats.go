package table

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// nats returns the rows for names over NATS.
func (m maker) nats() []Row {
	over := func(measure, s string, target float64) Row {
		r := Row{Measure: measure + ", over NATS over TCP", Others: m.others(s, suite.Rate, "msgpack", "nats-plain")}
		for i, codec := range suite.Ours {
			r.Figures = append(r.Figures, m.limit([]string{"JSON", "MsgPack"}[i], s, "nats-"+codec, codec, target))
		}
		return r
	}
	us := func(s suite.Sample) float64 { return suite.NanosPerCall(s) / 1e3 }
	alone := over("one call at a time", "nats-1", 0.35)
	const core = "nats-one-core"
	alone.Figures = append(alone.Figures,
		m.limit("JSON, one core", core, "nats-json", "json", 0.35), m.limit("MsgPack, one core", core, "nats-msgpack", "msgpack", 0.35))
	if v, ok := m.Ratio(core, "nats-plain", suite.Rate, "msgpack", suite.Rate); ok {
		alone.Why = fmt.Sprintf("On one core, a plain request of NATS has %s.", suite.Number(v.Median))
	}
	return []Row{
		alone,
		over("100 in flight", "nats-100", 0.5),
		over("1 MiB echo", "nats-echo", 0.4),
		over("dial, one call, close", "nats-dial", 0.5),
		{Measure: "lookup in a directory of agents", Figures: []Figure{
			m.value("one at a time", "nats-directory", "nats-directory", us, 105, " µs"),
		}, Others: m.others("nats-directory", us, "", "nats-kv", "nats-plain")},
	}
}
