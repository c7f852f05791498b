package report

import (
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// Plot is a picture and its file name.
type Plot struct {
	File, Title string
	SVG         []byte
}

// colour returns the colour of a contender: for ours, for others, and for those that are
// not a way of making calls.
func colour(name string) string {
	switch {
	case strings.HasPrefix(name, "raw") || strings.Contains(name, "-epoll-") || strings.Contains(name, "limit"):
		return limit
	case name == "json" || name == "msgpack" || strings.HasSuffix(name, "-go") || strings.HasSuffix(name, "-gogc") || strings.HasPrefix(name, "go-") ||
		strings.Contains(name, ":go-") || strings.HasSuffix(name, "/aiomas"):
		return ours
	}
	return theirs
}

// The better direction in a plot.
const (
	more = "more is better"
	less = "less is better"
)

// barPlots are the suites drawn as bar charts.
var barPlots = []struct {
	suite, title, unit, better string
	value                      suite.Value
}{
	{"sequential", "add, one call at a time, one core: calls/s", "", more, suite.Rate},
	{"in-flight-100", "add, 100 in flight: calls/s", "", more, suite.Rate},
	{"in-flight-1000", "add, 1,000 in flight: calls/s", "", more, suite.Rate},
	{"echo-64KiB", "echo of 64 KiB, one core: calls/s", "", more, suite.Rate},
	{"echo-1MiB", "echo of 1 MiB, one core: calls/s", "", more, suite.Rate},
	{"state-1", "10 KB agent state there and back, one core: calls/s", "", more, suite.Rate},
	{"state-100", "10 KB agent state there and back, 100 in flight: calls/s", "", more, suite.Rate},
	{"python-1", "with Python, one call at a time, one core: calls/s", "", more, suite.Rate},
	{"python-100", "with Python, 100 in flight: calls/s", "", more, suite.Rate},
	{"idle", "memory of an idle connection, after one request", " KiB", less, func(s suite.Sample) float64 { return suite.Memory(s) / 1024 }},
	{"blosc-floats", "MsgPackBlosc, 250,000 floats there and back: calls/s", "", more, suite.Rate},
}

func (d Data) plots() []Plot {
	var all []Plot
	for _, p := range barPlots {
		var list []Bar
		names := d.Results.Names(p.suite, p.value)
		if p.better == less {
			slices.Reverse(names) // the best first
		}
		for _, name := range names {
			v, _ := d.Results.Of(p.suite, name, p.value)
			list = append(list, Bar{name, v, colour(name)})
		}
		if list != nil {
			all = append(all, Plot{p.suite + ".svg", p.title, bars(p.title, p.better, p.unit, list)})
		}
	}
	for _, s := range []string{"json/state", "msgpack/state"} {
		if svg := d.codecPlot(s); svg != nil {
			all = append(all, *svg)
		}
	}
	return append(all, d.growthPlots()...)
}

// codecPlot shows the time of a codec and of the libraries for the 10 KB state.
func (d Data) codecPlot(s string) *Plot {
	names := d.Results.Names(s, suite.NanosPerCall)
	if len(names) == 0 {
		return nil
	}
	// Group by operation, the fastest first.
	slices.Reverse(names)
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(operation(a), operation(b)) })
	var list []Bar
	for _, name := range names {
		v, _ := d.Results.Of(s, name, suite.NanosPerCall)
		micros := suite.Summary{Median: v.Median / 1e3, Min: v.Min / 1e3, Max: v.Max / 1e3}
		list = append(list, Bar{strings.TrimPrefix(name, s+"/"), micros, colour(name)})
	}
	codec, _, _ := strings.Cut(s, "/")
	title := "10 KB agent state, " + codec + ": µs"
	return &Plot{"state-" + codec + ".svg", title, bars(title, less, " µs", list)}
}

// operation returns the part of a codec case's name between the value and the library.
func operation(name string) string { return strings.SplitN(name, "/", 4)[2] }

// growthValue returns the value that a growth suite shows at a point: calls, or the bytes
// of messages in both directions.
func growthValue(s string, point int) suite.Value {
	if s == "grow-message" {
		return func(s suite.Sample) float64 { return 2 * float64(point) * suite.Rate(s) }
	}
	return suite.Rate
}

func (d Data) growthPlots() []Plot {
	titles := map[string][2]string{
		"grow-connections": {"add, one call at a time on each connection: calls/s", "connections"},
		"grow-functions":   {"add, 100 in flight, to as many functions: calls/s", "exposed functions"},
		"grow-depth":       {"add, 100 in flight, by the length of its path: calls/s", "names in the path"},
		"grow-message":     {"echo of a text, one core: bytes/s, there and back", "bytes of the text"},
	}
	var all []Plot
	for _, g := range suite.Growths(false) {
		var list []Line
		for i, codec := range suite.Ours {
			l := Line{Name: codec, Colour: []string{ours, "#2ca02c"}[i]}
			for _, p := range g.Points {
				if v, ok := d.Results.Of(g.Name, suite.GrowthName(codec, p), growthValue(g.Name, p)); ok {
					l.X = append(l.X, float64(p))
					l.Y = append(l.Y, v)
				}
			}
			if l.X != nil {
				list = append(list, l)
			}
		}
		if list != nil {
			t := titles[g.Name]
			all = append(all, Plot{g.Name + ".svg", t[0], lines(t[0], more, t[1], list)})
		}
	}
	return all
}
