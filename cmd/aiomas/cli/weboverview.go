package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// overview is what the page shows for a time interval: the calls between programs, and the paths. Times are in
// microseconds.
type overview struct {
	First    int64      `json:"first"` // the number of the oldest kept message
	Next     int64      `json:"next"`
	Begin    int64      `json:"begin"` // its time
	End      int64      `json:"end"`   // the time of the newest message
	From     int64      `json:"from"`  // the shown interval
	To       int64      `json:"to"`
	Open     int        `json:"open"` // open connections
	Conns    int64      `json:"conns"`
	Messages int64      `json:"messages"`
	Bytes    int64      `json:"bytes"`
	Nodes    []string   `json:"nodes"`
	Edges    []edge     `json:"edges"`
	Paths    []pathRow  `json:"paths"`
	More     int        `json:"more"` // omitted paths
	Timeline []timeSlot `json:"timeline"`
}

// edge has the calls from one program to another.
type edge struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Calls   int64  `json:"calls"`
	Replies int64  `json:"replies"`
	Errors  int64  `json:"errors"`
	Bytes   int64  `json:"bytes"`
	P50     int64  `json:"p50"`
	P99     int64  `json:"p99"`
	latency []int64
}

// pathRow has the calls of one path.
type pathRow struct {
	Path    string `json:"path"`
	Calls   int64  `json:"calls"`
	Open    int64  `json:"open"`
	Errors  int64  `json:"errors"`
	Bytes   int64  `json:"bytes"`
	P50     int64  `json:"p50"`
	P90     int64  `json:"p90"`
	P99     int64  `json:"p99"`
	Max     int64  `json:"max"`
	replies int64
	latency []int64
}

// timeSlot has the numbers of messages in a part of the whole time.
type timeSlot struct {
	Messages int64 `json:"n"`
	Errors   int64 `json:"e"`
}

// The limits of the page.
const (
	maxNodes = 30
	maxRows  = 200
	slots    = 150
)

// overview returns the overview for the time from…to; 0 means no limit.
func (m *moment) overview(from, to int64) *overview {
	begin, end := m.span()
	o := &overview{
		First: m.first, Next: m.next, Begin: begin, End: end, From: from, To: to, Open: m.conns,
		Conns: m.totals.conns, Messages: m.totals.messages, Bytes: m.totals.bytes,
		Nodes: []string{}, Edges: []edge{}, Paths: []pathRow{}, Timeline: make([]timeSlot, slots),
	}
	if o.From == 0 {
		o.From = begin
	}
	if o.To == 0 {
		o.To = end
	}
	names := m.names(o.From, o.To)
	o.Nodes = names.all()
	m.countSlots(o.Timeline)
	edges, paths := edgesOf{names: names, all: map[[2]string]*edge{}, conns: map[*webConn]*[2]*edge{}}, map[string]*pathRow{}
	m.each(o.From, o.To, false, func(_ int64, e *entry) bool {
		if e.kind == record.Frame && e.known {
			edges.of(e).add(e)
			addPath(paths, e)
		}
		return true
	})
	for _, e := range edges.all {
		slices.Sort(e.latency)
		e.P50, e.P99 = quantile(e.latency, 50), quantile(e.latency, 99)
		o.Edges = append(o.Edges, *e)
	}
	slices.SortFunc(o.Edges, func(a, b edge) int { return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To)) })
	o.Paths, o.More = rows(paths)
	return o
}

// countSlots counts all messages in the slots of a timeline.
func (m *moment) countSlots(line []timeSlot) {
	begin, end := m.span()
	slot := func(at int64) *timeSlot { return &line[min(max(0, (at-begin)*slots/(end-begin+1)), slots-1)] }
	for _, c := range m.chunks {
		if first := slot(c.sum.from); first == slot(c.sum.to) {
			first.Messages += int64(len(c.entries))
			first.Errors += c.sum.failed
			continue
		}
		for i := range c.entries {
			s := slot(c.entries[i].at)
			s.Messages++
			if c.entries[i].failed {
				s.Errors++
			}
		}
	}
}

// edgesOf collects the edges of messages.
type edgesOf struct {
	names nodeNames
	all   map[[2]string]*edge
	conns map[*webConn]*[2]*edge // by the requesting side; avoids the lookup of names
}

// of returns the edge of a message, from the requesting program to the other one.
func (s *edgesOf) of(e *entry) *edge {
	asks := e.from
	if e.typ != codec.Request {
		asks = e.from.Other()
	}
	of := s.conns[e.conn]
	if of == nil {
		of = new([2]*edge)
		s.conns[e.conn] = of
	}
	if of[asks] == nil {
		key := [2]string{s.names.of(e.conn, asks), s.names.of(e.conn, asks.Other())}
		if s.all[key] == nil {
			s.all[key] = &edge{From: key[0], To: key[1]}
		}
		of[asks] = s.all[key]
	}
	return of[asks]
}

func (d *edge) add(e *entry) {
	d.Bytes += int64(e.size)
	if e.failed {
		d.Errors++
	}
	switch {
	case e.typ == codec.Request:
		d.Calls++
	case e.answers:
		d.Replies++
		d.latency = append(d.latency, e.latency.Microseconds())
	}
}

func addPath(paths map[string]*pathRow, e *entry) {
	if e.typ != codec.Request && !e.answers {
		return
	}
	path := shownPath(paths, e.path)
	p := paths[path]
	if p == nil {
		p = &pathRow{Path: path}
		paths[path] = p
	}
	p.Bytes += int64(e.size)
	if e.failed {
		p.Errors++
	}
	if e.typ == codec.Request {
		p.Calls++
		return
	}
	p.replies++
	p.latency = append(p.latency, e.latency.Microseconds())
}

// rows returns the paths with the most total time, and the number of omitted paths.
func rows(paths map[string]*pathRow) (rows []pathRow, more int) {
	spent := map[string]int64{}
	rows = []pathRow{}
	for _, p := range paths {
		slices.Sort(p.latency)
		for _, l := range p.latency {
			spent[p.Path] += l
		}
		p.P50, p.P90, p.P99, p.Max = quantile(p.latency, 50), quantile(p.latency, 90), quantile(p.latency, 99), quantile(p.latency, 100)
		p.Open = max(p.Calls-p.replies, 0) // a request may be before the interval
		rows = append(rows, *p)
	}
	slices.SortFunc(rows, func(a, b pathRow) int {
		return cmp.Or(cmp.Compare(spent[b.Path], spent[a.Path]), strings.Compare(a.Path, b.Path))
	})
	if len(rows) > maxRows {
		rows, more = rows[:maxRows], len(rows)-maxRows
	}
	return rows, more
}

// quantile returns a percentile of sorted values, or 0 if there are none.
func quantile(sorted []int64, percent int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}
