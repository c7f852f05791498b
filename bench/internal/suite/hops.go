package suite

import (
	"fmt"
	"math"
	"slices"
)

// Hops are what was measured when the rounds of a suite began, in ns; none for
// suites on one core.
func (r Results) Hops(suite string) []float64 {
	for _, samples := range r[suite] { // all contenders have the same
		return hops(samples)
	}
	return nil
}

// AllHops are those of all suites.
func (r Results) AllHops() (all []float64) {
	for name := range r {
		all = append(all, r.Hops(name)...)
	}
	return all
}

func hops(samples []Sample) (list []float64) {
	for _, s := range samples {
		if s.Hop > 0 {
			list = append(list, s.Hop)
		}
	}
	return list
}

// Apart tells the medians of a ratio in the rounds when the cores were near to
// each other and in those when they were far, if there were a few of each, and
// empty otherwise.
func (r Results) Apart(suite, a string, v Value, b string, w Value) string {
	const few = 3
	border, two := border(r.AllHops())
	if !two {
		return ""
	}
	as, bs := r[suite][a], r[suite][b]
	var near, far []float64
	for i := range min(len(as), len(bs)) {
		switch x := v(as[i]) / w(bs[i]); {
		case as[i].Hop == 0:
		case as[i].Hop < border:
			near = append(near, x)
		default:
			far = append(far, x)
		}
	}
	if len(near) < few || len(far) < few {
		return ""
	}
	return fmt.Sprintf("%s in the %d rounds with near cores, %s in the %d with far ones",
		Number(Summarise(near).Median), len(near), Number(Summarise(far).Median), len(far))
}

// border is what is between near and far, if the hops of a run are of two kinds.
// Of one kind they vary by up to two and a half.
func border(hops []float64) (at float64, two bool) {
	if len(hops) == 0 {
		return 0, false
	}
	least, most := slices.Min(hops), slices.Max(hops)
	return math.Sqrt(least * most), most > 3*least
}
