package scale

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

//go:embed page.md
var page string

const plotDir = "scale"

// Write writes scale.md and its plots to a directory.
func (r Record) Write(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, plotDir), 0o755); err != nil {
		return err
	}
	for name, svg := range r.plots() {
		if err := os.WriteFile(filepath.Join(dir, plotDir, name), svg, 0o644); err != nil {
			return err
		}
	}
	costs := Fit(r)
	t, err := template.New("").Funcs(template.FuncMap{
		"measured": r.table,
		"targets":  r.targets,
		"limits":   r.limits,
		"python":   r.python,
		"costs":    costs.table,
		"points":   func() string { return pointTable(Points(r, costs)) },
		"shapes":   func() string { return shapeTable(costs) },
		"squares":  func() string { return squareTable(costs) },
		"percent":  func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) },
	}).Parse(page)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, r); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "scale.md"), b.Bytes(), 0o644)
}

// number formats with about three digits, and thousands with commas.
func number(x float64) string {
	if x < 999.5 && x != math.Trunc(x) {
		return suite.Number(x)
	}
	digits := fmt.Sprintf("%.0f", x)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func size(bytes float64) string {
	for _, u := range []string{"B", "KB", "MB", "GB"} {
		if bytes < 999.5 {
			return suite.Number(bytes) + " " + u
		}
		bytes /= 1000
	}
	return suite.Number(bytes) + " TB"
}

func seconds(s float64) string {
	switch {
	case s < 0.9995e-3:
		return suite.Number(1e6*s) + " µs"
	case s < 0.9995:
		return suite.Number(1e3*s) + " ms"
	}
	return number(s) + " s"
}

func rate(m Result, kind Kind) string {
	if m.Steps[kind] == 0 {
		return "–"
	}
	return suite.Number(m.Steps[kind])
}

func (r Record) table() string {
	var b strings.Builder
	b.WriteString("| agents | containers | processes | spawn | connect | heap for an agent | heap for a pair | steps/s: connect | together | unchecked | known | pairs |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range r.Results {
		if m.Shape.TCP {
			continue
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %s | %s | %s |", number(float64(m.Shape.Agents)), m.Shape.Containers, m.Shape.Processes,
			seconds(m.Spawn), seconds(m.Connect), size(m.HeapAgent), size(m.HeapPair))
		for _, k := range Kinds {
			fmt.Fprintf(&b, " %s |", rate(m, k))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// find returns the result of a shape.
func (r Record) find(s Shape) (Result, bool) {
	for _, m := range r.Results {
		if m.Shape == s {
			return m, true
		}
	}
	return Result{}, false
}

// target is a row of the table of targets.
type target struct {
	name, want, got string
	cpu             string // what the CPU of the figure would allow on both cores
	limit           string // what system calls alone allow
	pass            bool
}

func (r Record) targets() string {
	var b strings.Builder
	b.WriteString("| measure | target | figure | CPU of both cores | limit | |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, t := range slices.Concat(r.targetsOfSteps(), r.targetsOverPython()) {
		verdict := "pass"
		if !t.pass {
			verdict = "**short**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", t.name, t.want, t.got, t.cpu, t.limit, verdict)
	}
	return b.String()
}

func (r Record) targetsOfSteps() (list []target) {
	cores := float64(r.Machine.Cores)
	m, _ := r.find(Shape{Agents: 100_000, Containers: 100, Processes: 10})
	for _, t := range []struct {
		name  string
		kind  Kind
		least float64
	}{
		{"`Connect` to random ones, in a goroutine for each", Connect, 1.5},
		{"`ConnectAll` to random ones", Together, 1.5},
		{"without asking", Unchecked, 1.5},
		{"known ones", Known, 4},
	} {
		if m.Steps[t.kind] > 0 {
			list = append(list, target{"100,000 agents, " + t.name + ": steps/s", fmt.Sprintf("≥ %g", t.least), rate(m, t.kind),
				"enough for " + suite.Number(cores/m.CPU[t.kind]), rate(m, Bare), m.Steps[t.kind] >= t.least})
		}
	}
	if m, ok := r.find(Shape{Agents: 1_000_000, Containers: 100, Processes: 10}); ok {
		list = append(list, target{"1,000,000 agents start", "≤ 10 s", seconds(m.Spawn), seconds(m.SpawnCPU / cores), "", m.Spawn <= 10})
	}
	return list
}

// targetsOverPython compares what does the same in both languages: Python's asyncio.gather of
// connects is both a goroutine for each and ConnectAll.
func (r Record) targetsOverPython() (list []target) {
	const least = 20
	for _, py := range r.Results {
		if !py.Shape.Python {
			continue
		}
		s := py.Shape
		s.Python = false
		g, _ := r.find(s)
		for _, t := range []struct {
			name       string
			kind, that Kind
		}{
			{"`Connect`, in a goroutine for each", Connect, Connect},
			{"`ConnectAll`", Together, Connect},
			{"known ones", Known, Known},
		} {
			if g.Steps[t.kind] > 0 && py.Steps[t.that] > 0 {
				x, limit := g.Steps[t.kind]/py.Steps[t.that], "–"
				if g.Steps[Bare] > 0 {
					limit = suite.Number(g.Steps[Bare] / py.Steps[t.that])
				}
				list = append(list, target{"over Python, " + t.name, fmt.Sprintf("≥ %d", least), suite.Number(x), suite.Number(py.CPU[t.that] / g.CPU[t.kind]), limit, x >= least})
			}
		}
	}
	return list
}

// limits compares steps with the limits of the machine.
func (r Record) limits() string {
	var b strings.Builder
	b.WriteString("| | steps/s: frames only | with a touch of each agent | CPU of a step: frames only | with a touch | known | pairs | part of the CPU of known that is frames |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range r.Results {
		if m.Steps[Bare] == 0 {
			continue
		}
		network := "Unix sockets"
		if m.Shape.TCP {
			network = "TCP"
		}
		fmt.Fprintf(&b, "| %v, %s | %s | %s | %s | %s | %s | %s | %.0f %% |\n", m.Shape, network, rate(m, Bare), rate(m, Touched), cost(m, Bare), cost(m, Touched),
			cost(m, Known), cost(m, Pairs), 100*m.CPU[Bare]/m.CPU[Known])
	}
	return b.String()
}

// cost is the CPU of a step.
func cost(m Result, kind Kind) string {
	if m.Steps[kind] == 0 {
		return "–"
	}
	return seconds(m.CPU[kind])
}

func (r Record) python() string {
	var b strings.Builder
	b.WriteString("| | spawn | connect | steps/s: connect | together | known | CPU of a step: connect | together | known | memory of all processes |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range r.Results {
		if !m.Shape.TCP {
			continue
		}
		name := "Go"
		if m.Shape.Python {
			name = "Python"
		}
		fmt.Fprintf(&b, "| %s, %s agents, %d containers | %s | %s |", name, number(float64(m.Shape.Agents)), m.Shape.Containers, seconds(m.Spawn), seconds(m.Connect))
		for _, figure := range []func(Result, Kind) string{rate, cost} {
			for _, k := range []Kind{Connect, Together, Known} {
				fmt.Fprintf(&b, " %s |", figure(m, k))
			}
		}
		fmt.Fprintf(&b, " %s |\n", size(m.RSS))
	}
	return b.String()
}

func (c Costs) table() string {
	var b strings.Builder
	b.WriteString("| | memory | CPU to start | CPU of a step |\n| --- | --- | --- | --- |\n")
	fmt.Fprintf(&b, "| an agent | %s | %s | |\n", size(c.Agent), seconds(c.Spawn))
	fmt.Fprintf(&b, "| a pair of containers | %s | %s | |\n", size(c.Pair), seconds(c.Join))
	for _, k := range Kinds {
		s := c.Step[k]
		if !s.known() {
			continue
		}
		fmt.Fprintf(&b, "| a step, %s | | | %s for a call + %s for a batch + %s for a container |\n", k, seconds(s.Call), seconds(s.Batch), seconds(s.Container))
	}
	return b.String()
}

// Point is a measured figure beside the figure of the model.
type Point struct {
	Name     string
	Measured float64
	Model    float64
	IsTime   bool // which other programs change
}

// Off is how far the model is from what was measured: 0.3 is 30 %.
func (p Point) Off() float64 { return math.Abs(p.Model/p.Measured - 1) }

// Points compares the model with everything that was measured of Go systems.
func Points(r Record, c Costs) (list []Point) {
	for _, m := range r.Results {
		if m.Shape.Python || m.Shape.TCP {
			continue
		}
		n := float64(m.Shape.Agents)
		list = append(list, Point{m.Shape.String() + ": heap of the agents", n * m.HeapAgent, n * c.Agent, false})
		if m.Shape.Containers >= 30 {
			list = append(list, Point{m.Shape.String() + ": heap of the connections", pairs(m.Shape) * m.HeapPair, pairs(m.Shape) * c.Pair, false})
		}
		for _, k := range Kinds {
			if m.Steps[k] > 0 && modelled(m.Shape) {
				cpu := c.Step[k].Of(n, float64(m.Shape.Containers))
				list = append(list, Point{fmt.Sprintf("%v: CPU of a step, %s", m.Shape, k), m.CPU[k], cpu, false})
				s := Simulate(c, System{Agents: n, Containers: float64(m.Shape.Containers), Places: 1, Place: Place{1, r.Machine.Cores, 1e9}, Kind: k})
				list = append(list, Point{fmt.Sprintf("%v: length of a step, %s", m.Shape, k), 1 / m.Steps[k], s, true})
			}
		}
	}
	return list
}

func pointTable(list []Point) string {
	worst := map[bool]Point{}
	var count [2]int
	for _, p := range list {
		if worst[p.IsTime].Measured == 0 || p.Off() > worst[p.IsTime].Off() {
			worst[p.IsTime] = p
		}
		if p.IsTime {
			count[1]++
		} else {
			count[0]++
		}
	}
	var b strings.Builder
	b.WriteString("| | points | farthest from the model | by |\n| --- | --- | --- | --- |\n")
	fmt.Fprintf(&b, "| memory and CPU | %d | %s | %.0f %% |\n", count[0], worst[false].Name, 100*worst[false].Off())
	fmt.Fprintf(&b, "| length of steps | %d | %s | %.0f %% |\n", count[1], worst[true].Name, 100*worst[true].Off())
	return b.String()
}

// Tables returns the tables of the measurements as text.
func (r Record) Tables() string {
	return r.table() + "\n" + r.targets() + "\n" + r.limits() + "\n" + r.python()
}
