package table

import (
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// tailPeers are the contenders with targets for the tail.
var tailPeers = []struct{ Name, Label string }{{"json", "service"}, {"agents-json", "agent"}}

// rateLabels are the fixed rates.
var rateLabels = map[string]string{"10k": "10,000/s", "50k": "50,000/s"}

// tails returns the rows of the slowest calls.
func (m maker) tails() []Row {
	raw := Row{Measure: "p99 at a fixed rate, over raw frames"}
	grpc := Row{Measure: "p99 at a fixed rate, over grpc"}
	mixed := Row{Measure: "p99 of quick calls beside 1 % of 5 ms, over the same without"}
	first := Row{Measure: "first call after 1 s of silence, over that of raw system calls in one loop"}
	var pooled [3][]string // of raw, grpc, mixed
	for _, peer := range tailPeers {
		for _, conns := range suite.TailConns {
			in := map[int]string{1: "1 connection", 100: "100 connections"}[conns]
			for _, rate := range suite.FixedRates {
				for _, w := range suite.TailWorks {
					s, label := suite.TailName(w.Work, conns), strings.Join([]string{peer.Label, w.Label, in, rateLabels[rate]}, ", ")
					if w.Work == "mixed" {
						label = strings.Join([]string{peer.Label, in, rateLabels[rate]}, ", ")
						m.addTail(&mixed, &pooled[2], label, s, peer.Name, suite.Quick(peer.Name), rate, 2)
						continue
					}
					m.addTail(&raw, &pooled[0], label, s, peer.Name, "raw-json", rate, 1.5)
					m.addTail(&grpc, &pooled[1], label, s, peer.Name, "grpc", rate, 0.5)
				}
			}
		}
		f := m.ratio(peer.Label, suite.FirstName, peer.Name, "raw-epoll-json", suite.NanosPerCall, 2, true)
		f.Machine = true
		first.Figures = append(first.Figures, f)
	}
	for i, r := range []*Row{&raw, &grpc, &mixed} {
		if pooled[i] != nil {
			r.Others = "of the calls of all rounds together: " + strings.Join(pooled[i], " · ")
		}
	}
	first.Others = m.firstOverWarm()
	return []Row{raw, grpc, mixed, first}
}

// firstOverWarm lists the first call after a pause over the calls after it.
func (m maker) firstOverWarm() string {
	var parts []string
	for _, peer := range suite.FirstPeers {
		if x, ok := m.Ratio(suite.FirstName, peer, suite.NanosPerCall, suite.Warm(peer), suite.NanosPerCall); ok {
			parts = append(parts, peer+" "+suite.Number(x.Median))
		}
	}
	if parts == nil {
		return ""
	}
	return "over the calls after it: " + strings.Join(parts, " · ")
}

// addTail adds the ratio of a's p99 to b's, unless one of them does not reach the rate. To pooled it adds that
// of the calls of all rounds together.
func (m maker) addTail(r *Row, pooled *[]string, label, s, a, b, rate string, target float64) {
	a, b = suite.At(a, rate), suite.At(b, rate)
	f := m.ratio(label, s, a, b, suite.P99, target, true)
	if _, run := m.Results[s]; run && f.Absent {
		return
	}
	f.Machine = true
	r.Figures = append(r.Figures, f)
	mine, ok1 := m.TimesOf(s, a)
	other, ok2 := m.TimesOf(s, b)
	if ok1 && ok2 {
		*pooled = append(*pooled, label+" "+suite.Number(mine.P99/other.P99))
	}
}

// loops returns the row of the limit set by the system: raw system calls in one loop.
func (m maker) loops() Row {
	r := Row{Measure: "fraction of raw system calls in one loop"}
	var others, costs []string
	for i, codec := range suite.Ours {
		label := []string{"JSON", "MsgPack"}[i]
		for _, l := range []struct {
			label, suite, ours, limit string
			target                    float64
		}{
			{"one at a time, one core", "sequential", codec, "raw-epoll-", 0.85},
			{"100 in flight, if it decodes and encodes the messages", "in-flight-100", codec, "codec-epoll-", 0.5},
			{"64 KiB echo, one core", "echo-64KiB", codec, "raw-epoll-", 0.6},
			{"1 MiB echo, one core", "echo-1MiB", codec, "raw-epoll-", 0.6},
			{"64 KiB echo of a loan, one core", "large-64KiB", codec + "-lent", "raw-epoll-", 0.6},
			{"1 MiB echo of a loan, one core", "large", codec + "-lent", "raw-epoll-", 0.6},
		} {
			r.Figures = append(r.Figures, m.limit(label+" "+l.label, l.suite, l.ours, l.limit+codec, l.target))
			if _, run := m.Results[l.suite]; run && i == 0 {
				costs = append(costs, m.cpu(l.label, l.suite, l.ours, l.limit+codec, "raw-"+codec))
			}
			if x, ok := m.Ratio(l.suite, "raw-"+codec, suite.Rate, l.limit+codec, suite.Rate); ok && l.suite != "in-flight-100" {
				others = append(others, label+" "+l.label+" "+suite.Number(x.Median))
			}
		}
	}
	r.Figures = append(r.Figures, m.limit("JSON one at a time, the system chooses the cores", suite.AnyCore().Name, "json", "raw-epoll-json", 0.85))
	if _, run := m.Results[suite.AnyCore().Name]; run {
		costs = append(costs, m.cpu("the system chooses the cores", suite.AnyCore().Name, "json", "raw-epoll-json", "raw-json", "grpc"))
	}
	if others != nil {
		r.Others = "raw frames by package net: " + strings.Join(others, " · ")
	}
	if costs != nil {
		r.Why = "CPU of a call, both ends: " + strings.Join(costs, "; ") + ". Package net waits through the poller of Go's scheduler: " +
			"for one call at a time each end makes four system calls instead of three, and switches goroutines. Large texts are new memory for each message."
		if x, ok := m.Ratio(suite.PartsName, "frames-json", suite.Rate, "raw-epoll-json", suite.Rate); ok {
			r.Why += " Frames alone, without calls and codec, but with a goroutine for each connection, make " + suite.Number(x.Median) + " of the limit, one at a time."
		}
	}
	return r
}

// cpu lists the CPU time of a call of several contenders.
func (m maker) cpu(label, s string, names ...string) string {
	var parts []string
	for _, name := range names {
		if x, ok := m.Of(s, name, suite.CPU); ok {
			parts = append(parts, name+" "+suite.Number(x.Median)+" µs")
		}
	}
	return label + " " + strings.Join(parts, ", ")
}
