package proc

import "time"

// Costs are what some operations of this machine cost, in ns. Ratios between programs that use
// them in different numbers depend on it.
type Costs struct {
	PageFault  float64 `json:"page_fault"`  // taking a page of memory from the system and returning it
	SystemCall float64 `json:"system_call"` // the cheapest one
	Hop        float64 `json:"hop"`         // a word from one core to another; 0: one core
}

// repeats is how often a cost is measured; the least counts, since other load makes it longer.
const repeats = 5

// MachineCosts measures the costs of this machine. A cost that cannot be measured is 0.
func MachineCosts() Costs {
	c := Costs{PageFault: least(pageFault), SystemCall: least(systemCall)}
	for range repeats {
		if hop := Hop(); c.Hop == 0 || hop < c.Hop {
			c.Hop = hop
		}
	}
	return c
}

// least returns the least time of n operations, for one of them.
func least(operations func() (n int)) float64 {
	var best float64
	for range repeats {
		start := time.Now()
		n := operations()
		if n == 0 {
			return 0
		}
		if each := float64(time.Since(start)) / float64(n); best == 0 || each < best {
			best = each
		}
	}
	return best
}
