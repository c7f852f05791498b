package table

import (
	"fmt"
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
	first := Row{Measure: "first call after 1 s of silence, over the calls after it"}
	for _, peer := range tailPeers {
		for _, conns := range suite.TailConns {
			in := map[int]string{1: "1 connection", 100: "100 connections"}[conns]
			for _, rate := range suite.FixedRates {
				for _, w := range suite.TailWorks {
					s, label := suite.TailName(w.Work, conns), strings.Join([]string{peer.Label, w.Label, in, rateLabels[rate]}, ", ")
					if w.Work == "mixed" {
						label = strings.Join([]string{peer.Label, in, rateLabels[rate]}, ", ")
						m.addTail(&mixed, label, s, peer.Name, suite.Quick(peer.Name), rate, 2)
						continue
					}
					m.addTail(&raw, label, s, peer.Name, "raw-json", rate, 1.5)
					m.addTail(&grpc, label, s, peer.Name, "grpc", rate, 0.5)
				}
			}
		}
		first.Figures = append(first.Figures, m.ratio(peer.Label, suite.FirstName, peer.Name, suite.Warm(peer.Name), suite.NanosPerCall, 2, true))
	}
	var others []string
	for _, peer := range []string{"raw-epoll-json", "raw-json", "grpc"} {
		if x, ok := m.Ratio(suite.FirstName, peer, suite.NanosPerCall, suite.Warm(peer), suite.NanosPerCall); ok {
			others = append(others, peer+" "+suite.Number(x.Median))
		}
	}
	if others != nil {
		first.Others = "others: " + strings.Join(others, " · ")
		first.Why = "What the system takes to wake idle cores and threads is in that of a loop of raw system calls, too: " + strings.Join(others, " · ") + "."
		ours, _ := m.Of(suite.FirstName, "json", suite.NanosPerCall)
		if loop, ok := m.Of(suite.FirstName, "raw-epoll-json", suite.NanosPerCall); ok {
			first.Why += fmt.Sprintf(" Of the %.0f µs of the first call, that loop takes %.0f.", ours.Median/1e3, loop.Median/1e3)
		}
	}
	return []Row{raw, grpc, mixed, first}
}

// addTail adds the ratio of a's p99 to b's, unless one of them does not reach the rate.
func (m maker) addTail(r *Row, label, s, a, b, rate string, target float64) {
	f := m.ratio(label, s, suite.At(a, rate), suite.At(b, rate), suite.P99, target, true)
	if _, run := m.Results[s]; run && f.Absent {
		return
	}
	f.Machine = true
	r.Figures = append(r.Figures, f)
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
