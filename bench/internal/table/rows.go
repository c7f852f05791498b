package table

import (
	"fmt"
	"math"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// maker makes figures from samples.
type maker struct{ suite.Results }

// ratio returns v of a over v of b.
func (m maker) ratio(label, s, a, b string, v suite.Value, target float64, atMost bool) Figure {
	value, ok := m.Ratio(s, a, v, b, v)
	return Figure{Label: label, Value: value, Target: target, AtMost: atMost, Suite: s, Absent: !ok, Apart: m.Apart(s, a, v, b, v)}
}

func (m maker) faster(label, s, a, b string, target float64) Figure {
	return m.ratio(label, s, a, b, suite.Rate, target, false)
}

// time returns the time of a over the time of b.
func (m maker) time(label, s, a, b string, target float64) Figure {
	return m.ratio(label, s, a, b, suite.NanosPerCall, target, true)
}

func (m maker) value(label, s, name string, v suite.Value, target float64, unit string) Figure {
	value, ok := m.Of(s, name, v)
	return Figure{Label: label, Value: value, Target: target, AtMost: true, Unit: unit, Suite: s, Absent: !ok, Machine: unit == " ns" || unit == " µs"}
}

// limit is faster for a limit that the machine sets more than this library.
func (m maker) limit(label, s, a, b string, target float64) Figure {
	f := m.faster(label, s, a, b, target)
	f.Machine = true
	return f
}

func (m maker) allocs(label, s, name string, target float64) Figure {
	return m.value(label, s, name, func(x suite.Sample) float64 {
		return math.Round(10*suite.Mallocs(x)) / 10 // the garbage collector's own allocations are few
	}, target, " allocs")
}

// others lists the values of peers, or, if over names a peer, their ratios to its value.
func (m maker) others(s string, v suite.Value, over string, names ...string) string {
	var parts []string
	for _, n := range names {
		if over == "" {
			if x, ok := m.Of(s, n, v); ok {
				parts = append(parts, n+" "+suite.Number(x.Median))
			}
		} else if x, ok := m.Ratio(s, n, v, over, v); ok {
			parts = append(parts, fmt.Sprintf("%s %.2f", n, x.Median))
		}
	}
	if parts == nil {
		return ""
	}
	if over == "" || strings.HasPrefix(over, "raw-") {
		return "others: " + strings.Join(parts, " · ")
	}
	return "others over " + over + ": " + strings.Join(parts, " · ")
}

// larger returns the rate of processes with a larger heap over that of raw.
func (m maker) larger(s string) string {
	json, ok1 := m.Ratio(s, "json-gogc", suite.Rate, "raw-json", suite.Rate)
	msgpack, ok2 := m.Ratio(s, "msgpack-gogc", suite.Rate, "raw-msgpack", suite.Rate)
	if !ok1 || !ok2 {
		return ""
	}
	return fmt.Sprintf("With GOGC=400, so that what users have dropped is not collected every third message, it makes %s (JSON), %s (MsgPack).",
		suite.Number(json.Median), suite.Number(msgpack.Median))
}

// alone returns the rate that one core of the server allows, as if nothing else needed time.
func alone(s suite.Sample) float64 { return 1e6 / suite.ServerCPU(s) }

// ofServer returns the rate of a contender as a part of what the server's core alone allows.
func (m maker) ofServer(label, s, name string, target float64) Figure {
	value, ok := m.Ratio(s, name, suite.Rate, name, alone)
	return Figure{Label: label, Value: value, Target: target, Suite: s, Absent: !ok, Machine: true,
		Apart: m.Apart(s, name, suite.Rate, name, alone)}
}

// server returns the cost of blocking calls beside that of calls that do not block.
func (m maker) server(s string) string {
	var parts []string
	for i, codec := range suite.Ours {
		name := []string{"JSON", "MsgPack"}[i]
		blocking, ok1 := m.Of(s, codec, suite.ClientCPU)
		pending, ok2 := m.Of(s, codec+"-go", suite.ClientCPU)
		server, ok3 := m.Of(s, codec, suite.ServerCPU)
		if ok1 && ok2 && ok3 {
			parts = append(parts, fmt.Sprintf("%s: a call takes %.2f µs of the server's CPU, and of the client's %.2f, or %.2f by Proxy.Go.",
				name, server.Median, blocking.Median, pending.Median))
		}
	}
	return strings.Join(parts, " ")
}

// parked returns the cost of goroutines that block, without calls, and the figure if that were all
// that they add to calls that do not block.
func (m maker) parked(s string) string {
	var parts []string
	for i, codec := range suite.Ours {
		name := []string{"JSON", "MsgPack"}[i]
		parked, ok1 := m.Of(s, "parked-"+codec, suite.ClientCPU)
		pending, ok2 := m.Of(s, codec+"-go", suite.ClientCPU)
		server, ok3 := m.Of(s, codec, suite.ServerCPU)
		if ok1 && ok2 && ok3 {
			parts = append(parts, fmt.Sprintf("%s %.2f µs; if calls took as much as that and a call by Proxy.Go, %.2f",
				name, parked.Median, server.Median/(parked.Median+pending.Median)))
		}
	}
	if parts == nil {
		return ""
	}
	return "the client's CPU for a raw frame whose sender blocks: " + strings.Join(parts, " · ")
}

// Rows returns all rows of the table.
func Rows(results suite.Results) []Row {
	m := maker{results}
	rest := []string{"null", "gob", "jsonrpc", "grpc", "connect", "jsonrpc2"}
	const seq, f100, f1000 = "sequential", "in-flight-100", "in-flight-1000"
	rows := []Row{
		{Measure: "sequential, one core, fraction of raw", Figures: []Figure{
			m.faster("JSON", seq, "json", "raw-json", 0.85),
			m.faster("MsgPack", seq, "msgpack", "raw-msgpack", 0.85),
		}, Others: m.others(seq, suite.Rate, "raw-json", rest...)},
		{Measure: "100 in flight", Figures: []Figure{
			m.faster("JSON over grpc", f100, "json", "grpc", 8),
			m.faster("JSON over gob", f100, "json", "gob", 5),
		}, Others: m.others(f100, suite.Rate, "grpc", "jsonrpc", "connect", "jsonrpc2")},
		{Measure: "100 in flight", Figures: []Figure{
			m.faster("MsgPack over grpc", f100, "msgpack", "grpc", 9),
			m.faster("MsgPack over gob", f100, "msgpack", "gob", 6),
		}},
		{Measure: "1,000 in flight", Figures: []Figure{
			m.faster("JSON over grpc", f1000, "json", "grpc", 11),
			m.faster("MsgPack over grpc", f1000, "msgpack", "grpc", 13),
		}, Others: m.others(f1000, suite.Rate, "grpc", "gob", "jsonrpc", "connect", "jsonrpc2")},
		{Measure: "1,000 in flight, blocking calls, of what the server's core alone allows", Figures: []Figure{
			m.ofServer("JSON", f1000, "json", 0.8),
			m.ofServer("MsgPack", f1000, "msgpack", 0.8),
		}, Others: m.parked(f1000), Why: m.server(f1000)},
		{Measure: "100 in flight, fraction of the null codec", Figures: []Figure{
			m.faster("JSON", f100, "json", "null", 0.75),
			m.faster("MsgPack", f100, "msgpack", "null", 0.85),
		}},
		{Measure: "64 KiB echo, one core, fraction of raw", Figures: []Figure{
			m.limit("JSON", "echo-64KiB", "json", "raw-json", 0.50),
			m.limit("MsgPack", "echo-64KiB", "msgpack", "raw-msgpack", 0.57),
		}, Others: m.others("echo-64KiB", suite.Rate, "raw-json", rest[1:]...)},
		{Measure: "1 MiB echo, one core, fraction of raw", Figures: []Figure{
			m.limit("JSON", "echo-1MiB", "json", "raw-json", 0.50),
			m.limit("MsgPack", "echo-1MiB", "msgpack", "raw-msgpack", 0.60),
		}, Others: m.others("echo-1MiB", suite.Rate, "raw-json", append([]string{"json-gogc", "msgpack-gogc"}, rest[1:]...)...),
			Why: m.larger("echo-1MiB")},
	}
	rows = append(rows, m.python()...)
	rows = append(rows, m.codecs()...)
	rows = append(rows, Row{Measure: "allocations of a whole add, both ends", Figures: []Figure{
		m.allocs("JSON", seq, "json", 9),
		m.allocs("MsgPack", seq, "msgpack", 9),
	}, Others: m.others(seq, suite.Mallocs, "", rest[1:]...)})
	kib := func(s suite.Sample) float64 { return suite.Memory(s) / 1024 }
	rows = append(rows, Row{Measure: "memory of an idle connection, in KiB", Figures: []Figure{
		m.value("JSON", "idle", "json", kib, 5, " KiB"),
		m.value("MsgPack", "idle", "msgpack", kib, 5, " KiB"),
	}, Others: m.others("idle", kib, "", "gob", "grpc", "python-json", "python-msgpack")})
	rows = append(rows, m.blosc(), m.growth(), m.fast(), m.fastWorks())
	rows = append(rows, m.agents()...)
	rows = append(rows, m.plain())
	rows = append(rows, m.nats()...)
	rows = append(rows, m.large())
	rows = append(rows, m.loops())
	rows = append(rows, m.tails()...)
	rows = append(rows, m.texts())
	for i := range rows {
		rows[i].No = i + 1
	}
	return rows
}

func (m maker) codecs() []Row {
	const je, me, js, ms = "json/envelope", "msgpack/envelope", "json/state", "msgpack/state"
	in := func(s, rest string) string { return s + "/" + rest }
	// The times were set on a machine on which encoding/json takes half the time that it takes on
	// others, so that the ratios say more.
	envelope := func(s string, encode, decode float64, library string, encodeOver, decodeOver float64) []Figure {
		return []Figure{
			m.value("encode", s, in(s, "encode/aiomas"), suite.NanosPerCall, encode, " ns"),
			m.time("encode over "+library, s, in(s, "encode/aiomas"), in(s, "encode/"+library), encodeOver),
			m.allocs("encode", s, in(s, "encode/aiomas"), 0),
			m.value("decode", s, in(s, "decode/aiomas"), suite.NanosPerCall, decode, " ns"),
			m.time("decode over "+library, s, in(s, "decode/aiomas"), in(s, "decode/"+library), decodeOver),
			m.allocs("decode", s, in(s, "decode/aiomas"), 1),
		}
	}
	libraries := func(s string, names ...string) string {
		var parts []string
		for _, op := range []string{"encode", "decode"} {
			for _, n := range names {
				if x, ok := m.Of(s, in(s, op+"/"+n), suite.NanosPerCall); ok {
					parts = append(parts, fmt.Sprintf("%s %s %s ns", op, n, suite.Number(x.Median)))
				}
			}
		}
		if parts == nil {
			return ""
		}
		return "others: " + strings.Join(parts, " · ")
	}
	return []Row{
		{Measure: "JSON envelope", Figures: envelope(je, 40, 150, "encoding/json", 0.19, 0.18), Others: libraries(je, "encoding/json", "goccy/go-json")},
		{Measure: "MsgPack envelope", Figures: envelope(me, 25, 80, "tinylib", 0.75, 0.33), Others: libraries(me, "vmihailenco", "tinylib")},
		{Measure: "10 KB state, JSON, time", Figures: []Figure{
			m.time("encode any over goccy", js, in(js, "encode-any/aiomas"), in(js, "encode-any/goccy/go-json"), 0.75),
			m.allocs("encode any", js, in(js, "encode-any/aiomas"), 0),
			m.time("decode any over goccy", js, in(js, "decode-any/aiomas"), in(js, "decode-any/goccy/go-json"), 1.1),
		}},
		{Measure: "10 KB state, MsgPack, time", Figures: []Figure{
			m.time("encode any over tinylib", ms, in(ms, "encode-any/aiomas"), in(ms, "encode-any/tinylib"), 0.5),
			m.time("decode any over tinylib", ms, in(ms, "decode-any/aiomas"), in(ms, "decode-any/tinylib"), 1),
			m.time("decode typed over any", ms, in(ms, "decode-typed/aiomas"), in(ms, "decode-any/aiomas"), 0.4),
		}},
	}
}

// growth compares the last point of each plot with a point at its level part, and that with the
// same for raw frames.
func (m maker) growth() Row {
	r := Row{Measure: "growth, over that of raw frames"}
	var own []string
	for i, codec := range suite.Ours {
		label := []string{"JSON", "MsgPack"}[i]
		ends := func(what, s string, from, to int) {
			our, ok := m.growths(s, codec, from, to)
			raw, known := m.growths(s, "raw-"+codec, from, to)
			values := make([]float64, min(len(our), len(raw)))
			for i := range values {
				values[i] = our[i] / raw[i]
			}
			r.Figures = append(r.Figures, Figure{Label: label + " " + what, Value: suite.Summarise(values), Target: 1, Suite: s, Absent: !ok || !known})
			if ok && known {
				own = append(own, label+" "+what+" "+suite.Number(suite.Summarise(our).Median)+", raw frames "+suite.Number(suite.Summarise(raw).Median))
			}
		}
		ends("calls/s at 1,000 connections over 10", "grow-connections", suite.FewConnections, suite.ManyConnections)
		ends("calls/s at 100,000 functions over 1", "grow-functions", 1, 100_000)
		ends("calls/s at path depth 16 over 1", "grow-depth", 1, 16)
		ends("messages/s at 64 MiB over 1 MiB", "grow-message", 1<<20, 64<<20)
	}
	if own != nil {
		r.Others = strings.Join(own, " · ")
	}
	if why := m.connections(); why != "" {
		r.Why = "So many connections or functions do not fit the caches of the cores; " + why + "."
	}
	return r
}

// growths returns the rates of a peer at one point over those at another, of each round.
func (m maker) growths(s, peer string, from, to int) (values []float64, ok bool) {
	big, small := m.Results[s][suite.GrowthName(peer, to)], m.Results[s][suite.GrowthName(peer, from)]
	for i := range min(len(big), len(small)) {
		values = append(values, suite.Rate(big[i])/suite.Rate(small[i]))
	}
	return values, values != nil
}

// connections lists the part of their rate that other peers keep with many connections. The
// loss of raw frames is that of the machine.
func (m maker) connections() string {
	var parts []string
	for _, peer := range suite.ConnectionPeers {
		x, ok := m.Ratio("grow-connections", suite.GrowthName(peer, suite.ManyConnections), suite.Rate,
			suite.GrowthName(peer, suite.FewConnections), suite.Rate)
		if ok {
			parts = append(parts, fmt.Sprintf("%s %.2f", peer, x.Median))
		}
	}
	if parts == nil {
		return ""
	}
	return "others at 1,000 connections over 10: " + strings.Join(parts, " · ")
}
