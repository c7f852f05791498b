package table

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// python returns the rows of calls between Go and Python.
func (m maker) python() []Row {
	const one, hundred = "python-1", "python-100"
	goPy, pyGo := Row{Measure: "Go → Python, sequential, one core"}, Row{Measure: "Python → Go, sequential, one core"}
	many := Row{Measure: "with Python, 100 in flight"}
	cpu := Row{Measure: "with Python, CPU of the Go end over that of the limit"}
	var overPython, ofPython, parked []string
	add := func(r *Row, f Figure) { r.Figures = append(r.Figures, f) }
	for i, codec := range suite.Ours {
		label := []string{"JSON", "MsgPack"}[i]
		pair := func(name string) string { return codec + ":" + name }
		two := pair("python-python")
		add(&goPy, m.faster(label+" over Python → Python", one, pair("go-python"), two, 1.9))
		add(&goPy, m.faster(label+" fraction of the limit", one, pair("go-python"), pair("limit-python"), 0.95))
		add(&pyGo, m.faster(label+" over Python → Python", one, pair("python-go"), two, 1.8))
		add(&many, m.faster(label+" Go → Python, of the limit", hundred, pair("go-python"), pair("limit-python"), 0.95))
		add(&many, m.faster(label+" Python → Go, of the limit", hundred, pair("python-go"), pair("python-limit"), 0.95))
		for _, s := range []string{one, hundred} {
			in := map[string]string{one: "sequential", hundred: "100 in flight"}[s]
			add(&cpu, m.ratio(label+" client, "+in, s, pair("go-python"), pair("limit-python"), suite.ClientCPU, 1.2, true))
			add(&cpu, m.ratio(label+" server, "+in, s, pair("python-go"), pair("python-limit"), suite.ServerCPU, 1.2, true))
			for _, x := range []Figure{
				m.ratio(label+" client, "+in, s, pair("go-python"), two, suite.ClientCPU, 0, true),
				m.ratio("server", s, pair("python-go"), two, suite.ServerCPU, 0, true),
			} {
				if !x.Absent {
					ofPython = append(ofPython, x.Label+" "+suite.Number(x.Value.Median))
				}
			}
		}
		for _, x := range []Figure{
			m.faster(label+" Go → Python", hundred, pair("go-python"), two, 0), m.faster("Python → Go", hundred, pair("python-go"), two, 0),
		} {
			if !x.Absent {
				overPython = append(overPython, x.Label+" "+suite.Number(x.Value.Median))
			}
		}
	}

	for i, codec := range suite.Ours {
		if x, ok := m.Ratio(hundred, codec+":parked-python", suite.ClientCPU, codec+":limit-python", suite.ClientCPU); ok {
			parked = append(parked, []string{"JSON", "MsgPack"}[i]+" "+suite.Number(x.Median))
		}
	}
	const cTwo, cGoPy, cPyGo = "msgpack-c:python-python", "msgpack-c:go-python", "msgpack-c:python-go"
	goPy.Others = inC(m.faster("MsgPack over Python → Python", one, cGoPy, cTwo, 0))
	pyGo.Others = inC(m.faster("MsgPack over Python → Python", one, cPyGo, cTwo, 0))
	if overPython != nil {
		many.Others = "over Python → Python: " + strings.Join(overPython, " · ")
	}
	if ofPython != nil {
		cpu.Others = "over the Python end that it replaces: " + strings.Join(ofPython, " · ")
	}
	if parked != nil {
		cpu.Others += "; ready-made bytes, too, but with a goroutine that blocks for each of 100: " + strings.Join(parked, " · ")
	}

	const limit = "An end that sends ready-made bytes and decodes nothing (the limit) "
	goPy.Why = m.why(limit+"makes %s.", one, suite.Rate, "limit-python")
	pyGo.Why = m.why(limit+"makes %s.", one, suite.Rate, "python-limit")
	many.Why = m.why(limit+"makes %s as the client", hundred, suite.Rate, "limit-python") +
		m.why(" and %s as the server.", hundred, suite.Rate, "python-limit")
	cpu.Why = m.why(limit+"takes %s of a Python end's CPU one call at a time", one, suite.ClientCPU, "limit-python") +
		m.why(" and %s with 100 in flight.", hundred, suite.ClientCPU, "limit-python")
	return []Row{goPy, pyGo, many, cpu}
}

// why returns text with the value v of a pair over that of two Pythons, for each of our
// codecs.
func (m maker) why(text, s string, v suite.Value, pair string) string {
	var parts []string
	for i, codec := range suite.Ours {
		if x, ok := m.Ratio(s, codec+":"+pair, v, codec+":python-python", v); ok {
			parts = append(parts, fmt.Sprintf("%s (%s)", suite.Number(x.Median), []string{"JSON", "MsgPack"}[i]))
		}
	}
	if parts == nil {
		return ""
	}
	return fmt.Sprintf(text, strings.Join(parts, ", "))
}

// inC lists figures of Pythons with a msgpack in C.
func inC(list ...Figure) string {
	var parts []string
	for _, f := range list {
		if !f.Absent {
			parts = append(parts, f.Label+" "+suite.Number(f.Value.Median))
		}
	}
	if parts == nil {
		return ""
	}
	return "with a msgpack in C: " + strings.Join(parts, " · ")
}

// fast returns the row of aiomas_fast: the CPU time of two plain Pythons for a call over
// that of each pair, both ends together.
func (m maker) fast() Row {
	r := Row{Measure: "aiomas_fast, one core, CPU of two plain Pythons over"}
	var others []string
	targets := map[string][2]float64{ // for Go → fast, and fast → Go
		"fast-1 json": {4, 3.5}, "fast-1 msgpack": {3, 2.5}, "fast-100 json": {8, 6}, "fast-100 msgpack": {8, 6},
	}
	for _, s := range []struct{ suite, label string }{{"fast-1", "sequential"}, {"fast-100", "100 in flight"}} {
		for _, setup := range suite.FastSetups {
			over := func(pair string, target float64) Figure {
				return m.ratio(setup.Label+" "+strings.ReplaceAll(pair, "-", " → ")+", "+s.label, s.suite,
					setup.Name+":plain-plain", setup.Name+":"+pair, suite.CPU, target, false)
			}
			figures := []Figure{over("go-fast", 1), over("fast-go", 1), over("fast-fast", 1)}
			if want, ok := targets[s.suite+" "+setup.Name]; ok {
				figures[0].Target, figures[1].Target = want[0], want[1]
			}
			r.Figures = append(r.Figures, figures...)
			if f := over("go-plain", 0); !f.Absent {
				others = append(others, f.Label+" "+suite.Number(f.Value.Median))
			}
		}
	}
	r.Others = strings.Join(others, " · ")
	return r
}

// fastWorks returns the row of works that aiomas_fast must not make slower.
func (m maker) fastWorks() Row {
	r := Row{Measure: "aiomas_fast at both ends, CPU of two plain Pythons over it"}
	for _, w := range suite.FastWorks {
		for i, codec := range suite.Ours {
			label := []string{"JSON ", "MsgPack "}[i] + w.Label
			r.Figures = append(r.Figures, m.ratio(label, "fast-"+w.Work, codec+":plain-plain", codec+":fast-fast", suite.CPU, 1, false))
		}
	}
	return r
}

// blosc returns the row of large arrays.
func (m maker) blosc() Row {
	const s = "blosc-floats"
	r := Row{Measure: "MsgPackBlosc, list of 250,000 floats (2 MB)"}
	for _, c := range []struct{ pair, limit, label string }{
		{"go-python", "limit-python", "Go → Python"}, {"python-go", "python-limit", "Python → Go"},
	} {
		r.Figures = append(r.Figures,
			m.faster(c.label+", of the limit", s, c.pair, c.limit, 0.95),
			m.ratio(c.label+", CPU of both ends over that with the limit", s, c.pair, c.limit, suite.CPU, 1.2, true))
	}
	var others []string
	for _, x := range []struct{ pair, over string }{
		{"go-go", "python-python"}, {"go-python", "python-python"}, {"python-go", "python-python"},
		{"go-go", "c:python-python"}, {"c:go-python", "c:python-python"}, {"c:python-go", "c:python-python"},
	} {
		if v, ok := m.Ratio(s, x.pair, suite.Rate, x.over, suite.Rate); ok {
			others = append(others, x.pair+" over "+x.over+" "+suite.Number(v.Median))
		}
	}
	for _, x := range []struct{ pair, limit string }{{"c:go-python", "c:limit-python"}, {"c:python-go", "c:python-limit"}} {
		if v, ok := m.Ratio(s, x.pair, suite.Rate, x.limit, suite.Rate); ok {
			others = append(others, x.pair+" of the limit "+suite.Number(v.Median))
		}
	}
	r.Others = strings.Join(others, " · ")
	client, ok1 := m.Of(s, "go-python", suite.ClientCPU)
	server, ok2 := m.Of(s, "go-python", suite.ServerCPU)
	if ok1 && ok2 {
		r.Why = fmt.Sprintf("A call Go → Python takes %.0f ms of CPU in Go and %.0f in Python.", client.Median/1e3, server.Median/1e3)
	}
	return r
}
