package table

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// nats returns the rows for names over NATS.
func (m maker) nats() []Row {
	over := func(measure, s string, target float64) Row {
		r := Row{Measure: measure + ", over NATS over TCP", Others: m.others(s, suite.Rate, "msgpack", "nats-socket", "nats-plain")}
		for i, codec := range suite.Ours {
			r.Figures = append(r.Figures, m.limit([]string{"JSON", "MsgPack"}[i], s, "nats-"+codec, codec, target))
		}
		return r
	}
	alone := over("one call at a time", "nats-1", 0.35)
	const core = "nats-one-core"
	alone.Figures = append(alone.Figures,
		m.limit("JSON, one core", core, "nats-json", "json", 0.35), m.limit("MsgPack, one core", core, "nats-msgpack", "msgpack", 0.35))
	if plain, ok := m.Ratio(core, "nats-plain", suite.Rate, "msgpack", suite.Rate); ok {
		alone.Why = fmt.Sprintf("On one core, a plain request of NATS has %s.", suite.Number(plain.Median))
		if ours, ok := m.Ratio(core, "nats-msgpack", suite.Rate, "nats-plain", suite.Rate); ok {
			alone.Why += fmt.Sprintf(" A call by MsgPack has %s of its rate.", suite.Number(ours.Median))
		}
		if socket, ok := m.Ratio(core, "nats-socket", suite.Rate, "msgpack", suite.Rate); ok {
			alone.Why += fmt.Sprintf(" If the server reaches NATS by a socket, MsgPack has %s.", suite.Number(socket.Median))
		}
	}
	return append([]Row{
		alone,
		over("100 in flight", "nats-100", 0.5),
		over("1 MiB echo", "nats-echo", 0.4),
		over("dial, one call, close", "nats-dial", 0.5),
	}, m.lookups()...)
}

// lookups returns the rows for the directory of agents: the time of a lookup is that of the
// slice over the number of lookups.
func (m maker) lookups() (rows []Row) {
	us := func(s suite.Sample) float64 { return suite.NanosPerCall(s) / 1e3 }
	for _, r := range []struct{ label, suite string }{
		{"one at a time", "nats-directory"}, {"10 at once", "nats-directory-10"}, {"100 at once", "nats-directory-100"},
	} {
		rows = append(rows, Row{
			Measure: "lookup in a directory of agents",
			Figures: []Figure{m.value(r.label, r.suite, "nats-directory", us, 105, " µs")},
			Others:  m.others(r.suite, us, "", "nats-kv", "nats-plain"),
		})
	}
	rows[0].Figures = append(rows[0].Figures, m.value("in a copy", "nats-directory", "nats-copy", us, 1, " µs"))
	return rows
}
