package check

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

// ReadTrace reads the output of --trace. Several traces of a run may be concatenated.
func ReadTrace(r io.Reader) ([]mosaik.Record, error) {
	var list []mosaik.Record
	for d := json.NewDecoder(r); ; {
		var rec mosaik.Record
		switch err := d.Decode(&rec); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return list, fmt.Errorf("check: record %d of the trace: %w", len(list)+1, err)
		}
		list = append(list, rec)
	}
}

// lane has the calls of one simulator.
type lane struct {
	sim      string
	colour   int             // of its kind
	calls    []mosaik.Record // in their order
	steps    int
	failed   int
	busy     time.Duration // in calls of mosaik
	stepping time.Duration
	longest  time.Duration // longest step
	bytes    int64
	values   int64 // received as inputs
}

// flow is the number of values passed from one simulator to another.
type flow struct {
	from, to string
	values   int64
}

// run is the content of a drawing.
type run struct {
	lanes      []*lane
	flows      []flow
	others     []string // simulators that were not traced
	begin, end time.Time
	until      int64 // simulated time
}

func newRun(records []mosaik.Record) run {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b mosaik.Record) int { return a.Start.Compare(b.Start) })
	var r run
	lanes := map[string]*lane{}
	flows := map[[2]string]int64{}
	for _, rec := range records {
		l := lanes[rec.Sim]
		if l == nil {
			l = &lane{sim: rec.Sim}
			lanes[rec.Sim] = l
			r.lanes = append(r.lanes, l)
		}
		l.add(rec)
		if r.begin.IsZero() || rec.Start.Before(r.begin) {
			r.begin = rec.Start
		}
		if e := rec.Start.Add(rec.Duration); e.After(r.end) {
			r.end = e
		}
		for from, n := range rec.From {
			flows[[2]string{from, rec.Sim}] += int64(n)
			l.values += int64(n)
		}
		if rec.Time != nil {
			r.until = max(r.until, *rec.Time+1)
			if rec.Next != nil && *rec.Next < 1<<40 {
				r.until = max(r.until, min(*rec.Next, 2*r.until))
			}
		}
	}
	for pair, n := range flows {
		r.flows = append(r.flows, flow{pair[0], pair[1], n})
		if lanes[pair[0]] == nil && !slices.Contains(r.others, pair[0]) {
			r.others = append(r.others, pair[0])
		}
	}
	slices.SortFunc(r.flows, func(a, b flow) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	slices.SortFunc(r.others, compareNames)
	slices.SortFunc(r.lanes, func(a, b *lane) int { return compareNames(a.sim, b.sim) })
	kinds := map[string]int{}
	for _, l := range r.lanes {
		kind, _ := splitName(l.sim)
		if _, ok := kinds[kind]; !ok {
			kinds[kind] = len(kinds) % len(colours)
		}
		l.colour = kinds[kind]
	}
	return r
}

// splitName splits mosaik's names of simulators: "Battery-12" is the 12th of its kind.
func splitName(sim string) (kind string, number int) {
	if i := strings.LastIndexByte(sim, '-'); i > 0 {
		if n, err := strconv.Atoi(sim[i+1:]); err == nil {
			return sim[:i], n
		}
	}
	return sim, 0
}

func compareNames(a, b string) int {
	kindA, numberA := splitName(a)
	kindB, numberB := splitName(b)
	return cmp.Or(cmp.Compare(kindA, kindB), cmp.Compare(numberA, numberB), cmp.Compare(a, b))
}

func (l *lane) add(rec mosaik.Record) {
	l.calls = append(l.calls, rec)
	l.bytes += int64(rec.Request + rec.Reply)
	if rec.Error != "" {
		l.failed++
	}
	if rec.ToMosaik {
		return
	}
	l.busy += rec.Duration
	if rec.Call == "step" {
		l.steps++
		l.stepping += rec.Duration
		l.longest = max(l.longest, rec.Duration)
	}
}
