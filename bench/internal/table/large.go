package table

import (
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// large returns the row for large values that are lent.
func (m maker) large() Row {
	r := Row{Measure: "echo of a loan, one core, fraction of raw", Figures: []Figure{
		m.limit("JSON 1 MiB", "large", "json-lent", "raw-json", 0.6),
		m.limit("MsgPack 1 MiB", "large", "msgpack-lent", "raw-msgpack", 0.6),
		m.limit("JSON 64 KiB", "large-64KiB", "json-lent", "raw-json", 0.6),
		m.limit("MsgPack 64 KiB", "large-64KiB", "msgpack-lent", "raw-msgpack", 0.6),
	}, Others: m.others("large", suite.Rate, "raw-json", "json", "json-gogc400", "json-limit256", "json-lent-gogc400", "msgpack", "msgpack-gogc400", "msgpack-limit256", "msgpack-lent-gogc400", "grpc")}
	var faults []string
	for _, name := range []string{"json", "json-gogc400", "json-limit256", "json-lent", "raw-json"} {
		if x, ok := m.Of("large", name, suite.Faults); ok {
			faults = append(faults, name+" "+suite.Number(x.Median))
		}
	}
	if len(faults) > 0 {
		r.Others += "; page faults for a call " + strings.Join(faults, " · ")
	}
	return r
}
