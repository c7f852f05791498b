package scale

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"os"
	"path/filepath"
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
	b.WriteString("| agents | containers | processes | spawn | connect | heap for an agent | heap for a pair | steps/s: connect | unchecked | known | pairs |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
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

func (r Record) targets() string {
	var b strings.Builder
	b.WriteString("| measure | target | figure | CPU of both cores | |\n| --- | --- | --- | --- | --- |\n")
	row := func(name, want, got, cpu string, pass bool) {
		verdict := "pass"
		if !pass {
			verdict = "**short**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, want, got, cpu, verdict)
	}
	if m, ok := r.find(Shape{Agents: 100_000, Containers: 100, Processes: 10}); ok && m.CPU[Known] > 0 {
		cores := float64(r.Machine.Cores)
		row("100,000 agents, `Connect` to random ones: steps/s", "≥ 1.5", rate(m, Connect), "enough for "+suite.Number(cores/m.CPU[Connect]), m.Steps[Connect] >= 1.5)
		row("100,000 agents, without asking: steps/s", "≥ 1.5", rate(m, Unchecked), "enough for "+suite.Number(cores/m.CPU[Unchecked]), m.Steps[Unchecked] >= 1.5)
		row("100,000 agents, known ones: steps/s", "≥ 4", rate(m, Known), "enough for "+suite.Number(cores/m.CPU[Known]), m.Steps[Known] >= 4)
	}
	if m, ok := r.find(Shape{Agents: 1_000_000, Containers: 100, Processes: 10}); ok {
		row("1,000,000 agents start", "≤ 10 s", seconds(m.Spawn), seconds(m.SpawnCPU/float64(r.Machine.Cores)), m.Spawn <= 10)
	}
	for _, m := range r.Results {
		if !m.Shape.Python {
			continue
		}
		s := m.Shape
		s.Python = false
		if g, ok := r.find(s); ok {
			x, cpu := g.Steps[Connect]/m.Steps[Connect], m.CPU[Connect]/g.CPU[Connect]
			row("over Python, `Connect`", "≥ 20", suite.Number(x), suite.Number(cpu), x >= 20)
			x, cpu = g.Steps[Known]/m.Steps[Known], m.CPU[Known]/g.CPU[Known]
			row("over Python, known ones", "≥ 20", suite.Number(x), suite.Number(cpu), x >= 20)
		}
	}
	return b.String()
}

func (r Record) python() string {
	var b strings.Builder
	b.WriteString("| | spawn | connect | steps/s: connect | known | CPU of a step: connect | known | memory of all processes |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range r.Results {
		if !m.Shape.TCP {
			continue
		}
		name := "Go"
		if m.Shape.Python {
			name = "Python"
		}
		fmt.Fprintf(&b, "| %s, %s agents, %d containers | %s | %s | %s | %s | %s | %s | %s |\n", name, number(float64(m.Shape.Agents)), m.Shape.Containers,
			seconds(m.Spawn), seconds(m.Connect), rate(m, Connect), rate(m, Known), seconds(m.CPU[Connect]), seconds(m.CPU[Known]), size(m.RSS))
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
			if m.CPU[k] > 0 && modelled(m.Shape) {
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
	return r.table() + "\n" + r.targets() + "\n" + r.python()
}
