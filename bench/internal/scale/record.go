package scale

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/report"
)

// Record is what make scale has measured.
type Record struct {
	Date    time.Time      `json:"date"`
	Machine report.Machine `json:"machine"`
	// Others is the share of the machine's CPU time that other programs have used meanwhile.
	Others  float64  `json:"others"`
	Results []Result `json:"results"`
}

//go:embed measured.json
var measured []byte

// Measured returns the record of the last make scale, from which docs/scale.md is written.
func Measured() (r Record, err error) {
	err = json.Unmarshal(measured, &r)
	return r, err
}

// Save writes the record to a file.
func (r Record) Save(file string) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// quiet is the most CPU time of other programs with which times can be compared with a model.
const quiet = 0.1

// Quiet reports whether the machine was free for the measurement.
func (r Record) Quiet() bool { return r.Others <= quiet }

// Plan is one measurement.
type Plan struct {
	Shape  Shape
	Rounds Rounds
}

// Plans returns what make scale measures, with so many steps of each kind, the numbers of
// agents divided by div, and without Python if there is none.
func Plans(short, python bool, steps, div int) (list []Plan) {
	if short {
		div = 100
	}
	every := Rounds{}
	for _, k := range Kinds {
		every[k] = steps
	}
	withLimits := func(rounds Rounds) Rounds {
		rounds = maps.Clone(rounds)
		for _, k := range Limits {
			if HasLimit {
				rounds[k] = steps
			}
		}
		return rounds
	}
	add := func(rounds Rounds, s Shape) {
		s.Agents = max(s.Agents/div, s.Containers)
		list = append(list, Plan{s, rounds})
	}
	one := 10 // processes
	if short {
		one = 2
	}
	containers := []int{10, 30, 50, 100}
	if short {
		containers = []int{4, 10}
	}
	most := containers[len(containers)-1]
	add(every, Shape{Agents: 100_000, Containers: most, Processes: 1})
	for _, n := range []int{10_000, 30_000, 100_000, 300_000} {
		rounds := every
		if n == 100_000 {
			rounds = withLimits(every)
		}
		add(rounds, Shape{Agents: n, Containers: most, Processes: one})
	}
	for _, c := range containers[:len(containers)-1] {
		add(every, Shape{Agents: 100_000, Containers: c, Processes: one})
	}
	add(nil, Shape{Agents: 1_000_000, Containers: most, Processes: one})
	small := Rounds{Connect: steps, Known: steps} // the kinds that Python has
	add(withLimits(Rounds{Connect: steps, Together: steps, Known: steps}), Shape{Agents: 1000 * div, Containers: containers[0], Processes: containers[0], TCP: true})
	if python {
		add(small, Shape{Agents: 1000 * div, Containers: containers[0], Processes: containers[0], TCP: true, Python: true})
	}
	return list
}

// Measure runs all plans.
func Measure(ctx context.Context, plans []Plan, programs Programs, log func(format string, args ...any)) (Record, error) {
	r := Record{Date: time.Now().UTC(), Machine: report.ThisMachine()}
	all, own := busy(), used()
	began := time.Now()
	for _, p := range plans {
		start := time.Now()
		result, err := Run(ctx, p.Shape, p.Rounds, programs)
		if err != nil {
			return r, fmt.Errorf("%v: %w", p.Shape, err)
		}
		r.Results = append(r.Results, result)
		log("%v: %s", p.Shape, time.Since(start).Round(100*time.Millisecond))
	}
	whole := time.Since(began).Seconds() * float64(r.Machine.Cores)
	r.Others = math.Max(0, (busy()-all-(used()-own))/whole)
	return r, nil
}

// busy returns the seconds of CPU that the machine's programs have used, 0 if unknown.
func busy() float64 {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	var user, nice, system float64
	if _, err := fmt.Sscanf(line, "cpu %f %f %f", &user, &nice, &system); err != nil {
		return 0
	}
	return (user + nice + system) / 100 // ticks of Linux
}

// used returns the seconds of CPU that this process and its ended children have used.
func used() (sum float64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return 0
		}
		sum += float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	}
	return sum
}
