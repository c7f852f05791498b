package agent

import (
	"math"
	"slices"
	"sort"
	"strconv"
)

// run is a range of agents of one class whose IDs are numbers.
type run struct {
	first, last int
	class       string
}

// runs are disjoint runs in ascending order. A container has few of them, however many agents it
// has, so that a peer that has learned them need not ask about each agent.
type runs []run

// mostRuns limits the runs that are kept: agents outside of them are asked about one by one.
const mostRuns = 1024

// number returns the number that an ID is.
func number(id string) (n int, is bool) {
	if id == "" || id[0] == '+' || id[0] == '-' || id[0] == '0' && len(id) > 1 {
		return 0, false
	}
	n, err := strconv.Atoi(id)
	return n, err == nil && n < math.MaxInt
}

// after returns the index of the first run that does not end before n.
func (l runs) after(n int) int {
	return sort.Search(len(l), func(i int) bool { return l[i].last >= n })
}

// find returns the run that has the agent.
func (l runs) find(id string) (r run, found bool) {
	n, is := number(id)
	if !is {
		return r, false
	}
	if i := l.after(n); i < len(l) && l[i].first <= n {
		return l[i], true
	}
	return r, false
}

// add returns l with r. Runs that contradict r are dropped.
func (l runs) add(r run) runs {
	if r.first < 0 || r.last < r.first || r.last == math.MaxInt {
		return l // from a peer that makes no sense
	}
	from := l.after(r.first)
	to := from
	for ; to < len(l) && l[to].first <= r.last; to++ {
		if l[to].class == r.class {
			r.first, r.last = min(r.first, l[to].first), max(r.last, l[to].last)
		}
	}
	if from > 0 && l[from-1].last == r.first-1 && l[from-1].class == r.class {
		from--
		r.first = l[from].first
	}
	if to < len(l) && l[to].first == r.last+1 && l[to].class == r.class {
		r.last = l[to].last
		to++
	}
	if from == to && len(l) >= mostRuns {
		return l
	}
	return slices.Replace(l, from, to, r)
}
