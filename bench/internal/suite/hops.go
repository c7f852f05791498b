package suite

import (
	"fmt"
	"math"
	"slices"
)

// Hops returns the times measured at the beginning of the rounds of a suite, in ns; none
// for suites on one core.
func (r Results) Hops(suite string) []float64 {
	var longest []float64 // the same for all contenders, but not all run in each round
	for _, samples := range r[suite] {
		if list := hops(samples); len(list) > len(longest) {
			longest = list
		}
	}
	return longest
}

// AllHops returns the times of all suites.
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

// Apart returns a text with the medians of a ratio in the rounds with near cores and in
// those with far cores. It returns "" unless there are at least a few of each.
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

// border returns the value between near and far, if a run has hops of two kinds. Hops of
// one kind vary by a factor of up to two and a half.
func border(hops []float64) (at float64, two bool) {
	if len(hops) == 0 {
		return 0, false
	}
	least, most := slices.Min(hops), slices.Max(hops)
	return math.Sqrt(least * most), most > 3*least
}
