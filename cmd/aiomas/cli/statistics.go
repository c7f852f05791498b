package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// statistics counts calls by path.
type statistics struct {
	paths       map[string]*pathCount
	conns       int64
	messages    int64
	bytes       int64
	undecodable int64
}

type pathCount struct {
	path                         string
	calls, replies, errors, size int64
	latency                      *hdrhistogram.Histogram
}

// maxPaths limits the paths that are counted separately, since a peer can call any number of paths.
const maxPaths = 1000

// Texts shown in place of a path.
const (
	noPath     = "(no path)"
	otherPaths = "(others)"
)

// shownPath returns the path under which a path is counted, given the paths that are counted already.
func shownPath[T any](counted map[string]T, path string) string {
	path = cmp.Or(path, noPath)
	if _, ok := counted[path]; !ok && len(counted) >= maxPaths {
		return otherPaths
	}
	return path
}

func newStatistics() *statistics { return &statistics{paths: map[string]*pathCount{}} }

// newHistogram returns a histogram of latencies from a microsecond to an hour, with the given number of significant
// digits: two take 26 KB, three 190 KB.
func newHistogram(digits int) *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Hour.Microseconds(), digits)
}

// observe adds a time, limited to the range of the histogram.
func observe(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(d.Microseconds(), 1), time.Hour.Microseconds())) // it is in the range
}

func (s *statistics) of(path string) *pathCount {
	path = shownPath(s.paths, path)
	c := s.paths[path]
	if c == nil {
		c = &pathCount{path: path, latency: newHistogram(2)}
		s.paths[path] = c
	}
	return c
}

func (s *statistics) add(m *record.Message) {
	switch m.Kind {
	case record.Opened:
		s.conns++
	case record.Rest:
		s.bytes += int64(len(m.Data))
		s.undecodable++
	case record.Ended:
	case record.Frame:
		s.messages++
		s.bytes += int64(len(m.Data))
		if m.Err != nil {
			s.undecodable++
		}
		if !m.Envelope || m.Type != codec.Request && !m.Answers {
			return
		}
		c := s.of(m.Path)
		c.size += int64(len(m.Data))
		if m.Type == codec.Request {
			c.calls++
			return
		}
		c.replies++
		observe(c.latency, m.Latency)
		if m.Type == codec.Exception {
			c.errors++
		}
	}
}

// sorted returns the paths, those with the most total time first.
func (s *statistics) sorted() []*pathCount {
	var all []*pathCount
	for _, c := range s.paths {
		all = append(all, c)
	}
	spent := func(c *pathCount) float64 { return c.latency.Mean() * float64(c.replies) }
	slices.SortFunc(all, func(a, b *pathCount) int {
		return cmp.Or(cmp.Compare(spent(b), spent(a)), strings.Compare(a.path, b.path))
	})
	return all
}

func (c *pathCount) quantile(q float64) time.Duration {
	return time.Duration(c.latency.ValueAtQuantile(q)) * time.Microsecond
}

// text returns a table for readers.
func (s *statistics) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d connections, %d messages, %s", s.conns, s.messages, byteCount(int(s.bytes)))
	if s.undecodable > 0 {
		fmt.Fprintf(&b, ", %d could not be decoded", s.undecodable)
	}
	b.WriteByte('\n')
	if len(s.paths) == 0 {
		return b.String()
	}
	rows := [][]string{{"path", "calls", "open", "errors", "bytes", "p50", "p90", "p99", "max"}}
	for _, c := range s.sorted() {
		rows = append(rows, []string{
			cut(printable(c.path, false), 40), fmt.Sprint(c.calls), fmt.Sprint(c.calls - c.replies), fmt.Sprint(c.errors), byteCount(int(c.size)),
			duration(c.quantile(50)), duration(c.quantile(90)), duration(c.quantile(99)), duration(c.quantile(100)),
		})
	}
	b.WriteString(table(rows))
	return b.String()
}

// table aligns columns: the first to the left, the others to the right.
func table(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i == 0 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// json returns a line of JSON for programs.
func (s *statistics) json() []byte {
	var paths []any
	for _, c := range s.sorted() {
		ms := func(q float64) float64 { return float64(c.quantile(q).Microseconds()) / 1000 }
		paths = append(paths, codec.Dict{
			{Key: "path", Value: c.path}, {Key: "calls", Value: c.calls}, {Key: "open", Value: c.calls - c.replies},
			{Key: "errors", Value: c.errors}, {Key: "bytes", Value: c.size},
			{Key: "p50_ms", Value: ms(50)}, {Key: "p90_ms", Value: ms(90)}, {Key: "p99_ms", Value: ms(99)}, {Key: "max_ms", Value: ms(100)},
		})
	}
	line, _ := codec.Marshal(json.Codec, codec.Dict{ // plain values
		{Key: "type", Value: "summary"}, {Key: "conns", Value: s.conns}, {Key: "messages", Value: s.messages},
		{Key: "bytes", Value: s.bytes}, {Key: "undecodable", Value: s.undecodable}, {Key: "paths", Value: paths},
	}, nil)
	return line
}
