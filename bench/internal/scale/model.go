package scale

import (
	"math"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// Costs are the constants of the cost model, fitted to what was measured. CPU is in seconds,
// memory in bytes.
type Costs struct {
	Agent, Pair, Process float64            // heap
	Spawn                float64            // CPU for an agent
	Join                 float64            // CPU for a pair of containers
	Step                 map[Kind]StepCosts // CPU
	// Cores are the costs of the time that a step takes of all cores, also while they wait.
	// If the machine was not free, they are those of CPU.
	Cores map[Kind]StepCosts
}

// StepCosts are the seconds of a step, both ends together.
type StepCosts struct {
	Kind      Kind
	Call      float64 // for a call
	Batch     float64 // for the calls from one container to another, which are written together
	Container float64 // for a container
}

// pairs is the number of pairs of containers.
func pairs(s Shape) float64 { return float64(s.Containers) * float64(s.Containers-1) / 2 }

// batches is the number of ordered pairs of containers with at least one call, if each agent
// calls a random one, or if all pairs have one.
func batches(kind Kind, agents, containers float64) float64 {
	all := containers * containers
	if kind == Pairs {
		return all
	}
	return all * -math.Expm1(-agents/all)
}

// known reports whether steps of this kind were measured.
func (c StepCosts) known() bool { return c.Call+c.Batch+c.Container > 0 }

// Of returns the seconds of a step.
func (c StepCosts) Of(agents, containers float64) float64 {
	return c.Call*agents + c.Batch*batches(c.Kind, agents, containers) + c.Container*containers
}

// Fit returns the costs that explain the results of Go systems best.
func Fit(r Record) Costs {
	c := Costs{Step: map[Kind]StepCosts{}, Cores: map[Kind]StepCosts{}}
	var agent, pair, spawn, join []float64
	for _, m := range r.Results {
		if m.Shape.Python {
			continue
		}
		if m.Shape.Agents >= 10_000 { // the figures of few vary
			agent = append(agent, m.HeapAgent)
			spawn = append(spawn, m.SpawnCPU/float64(m.Shape.Agents))
		}
		if m.Shape.Containers >= 30 {
			pair = append(pair, m.HeapPair)
			join = append(join, m.JoinCPU/pairs(m.Shape))
		}
	}
	c.Agent, c.Pair = suite.Summarise(agent).Median, suite.Summarise(pair).Median
	c.Spawn, c.Join = suite.Summarise(spawn).Median, suite.Summarise(join).Median
	for _, kind := range Kinds {
		s := fit(r, kind, func(m Result) float64 { return m.CPU[kind] })
		if !s.known() {
			continue
		}
		c.Step[kind] = s
		c.Cores[kind] = c.Step[kind]
		if r.Quiet() {
			c.Cores[kind] = fit(r, kind, func(m Result) float64 { return float64(r.Machine.Cores) / m.Steps[kind] })
		}
	}
	return c
}

// modelled reports whether the model is of steps of this shape: of several processes in Go,
// connected by Unix sockets.
func modelled(s Shape) bool { return !s.Python && !s.TCP && s.Processes > 1 }

// fit returns the costs with the least relative errors for what was measured of a kind.
func fit(r Record, kind Kind, measured func(Result) float64) StepCosts {
	var rows [][3]float64
	var want []float64
	for _, m := range r.Results {
		if m.Steps[kind] > 0 && modelled(m.Shape) {
			n, k, y := float64(m.Shape.Agents), float64(m.Shape.Containers), measured(m)
			rows = append(rows, [3]float64{n / y, batches(kind, n, k) / y, k / y})
			want = append(want, 1)
		}
	}
	x := solve(rows, want)
	return StepCosts{kind, x[0], x[1], x[2]}
}

// solve returns the x ≥ 0 with the least squares of rows·x − want, by coordinate descent.
func solve(rows [][3]float64, want []float64) (x [3]float64) {
	var scale [3]float64
	for _, r := range rows {
		for j := range scale {
			scale[j] = math.Max(scale[j], r[j])
		}
	}
	for range 20_000 {
		for j := range x {
			if scale[j] == 0 {
				continue
			}
			num, den := 0.0, 0.0
			for i, r := range rows {
				rest := want[i]
				for k := range x {
					if k != j {
						rest -= r[k] * x[k]
					}
				}
				num += r[j] * rest
				den += r[j] * r[j]
			}
			x[j] = math.Max(0, num/den)
		}
	}
	return x
}
