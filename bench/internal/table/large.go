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

// texts returns the row for what decoders of texts can reach: loops of raw system calls that check
// each text, for loans, and that also make a new string of it.
func (m maker) texts() Row {
	r := Row{Measure: "fraction of raw system calls in one loop that also check texts"}
	var others []string
	for i, codec := range suite.Ours {
		label := []string{"JSON", "MsgPack"}[i]
		for _, l := range []struct{ label, suite string }{{"1 MiB", "large"}, {"64 KiB", "large-64KiB"}} {
			r.Figures = append(r.Figures,
				m.limit(label+" "+l.label+", a loan", l.suite, codec+"-lent", "checked-epoll-"+codec, 0.6),
				m.limit(label+" "+l.label+", a string, if the loop makes new strings", l.suite, codec, "text-epoll-"+codec, 1))
			for _, loop := range []string{"checked-epoll-", "text-epoll-"} {
				if x, ok := m.Ratio(l.suite, loop+codec, suite.Rate, "raw-epoll-"+codec, suite.Rate); ok {
					others = append(others, loop+codec+" "+l.label+" "+suite.Number(x.Median))
				}
			}
		}
	}
	if others != nil {
		r.Others = "these loops over the one that checks nothing: " + strings.Join(others, " · ")
	}
	return r
}
