package world

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// choices are the decisions of one world, in the order in which they were made. 0
// always stands for the plain choice: the oldest message, no fault. So the number of
// other choices measures how far a world is from a plain run.
type choices struct {
	random *rand.Rand
	bias   float64 // probability of a choice that is not plain, if random
	script []int   // the choices to replay; after them all choices are plain
	replay bool    // use script
	made   []choice
}

// choice is one decision of n ways.
type choice struct {
	value, n int
	what     func() string // for the report; nil if the choice is not reported
}

// biases are the probabilities of choices that are not plain. Different bugs need different
// ones: some need one message out of order, some constant disorder.
var biases = [...]float64{0.02, 0.1, 0.3, 0.7}

// chance returns random choices with the given seed.
func chance(seed uint64) *choices {
	r := rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)) //nolint:gosec // a world must be repeatable
	return &choices{random: r, bias: biases[r.IntN(len(biases))]}
}

// scripted returns choices that replay script.
func scripted(script []int) *choices { return &choices{script: script, replay: true} }

// choose returns a number below n, which is at least 1.
func (c *choices) choose(n int, what func() string) int {
	v := 0
	switch i := len(c.made); {
	case n == 1:
		return 0 // no decision
	case c.replay && i < len(c.script):
		v = min(c.script[i], n-1)
	case !c.replay && c.random.Float64() < c.bias:
		v = 1 + c.random.IntN(n-1)
	}
	c.made = append(c.made, choice{v, n, what})
	return v
}

// values returns the choices made, without the plain ones at the end.
func (c *choices) values() []int {
	list := make([]int, len(c.made))
	for i, m := range c.made {
		list[i] = m.value
	}
	return trim(list)
}

// report lists the choices that were not plain.
func (c *choices) report() []string {
	var lines []string
	for i, m := range c.made {
		if m.value != 0 && m.what != nil {
			lines = append(lines, fmt.Sprintf("choice %d of %d: %s", i, len(c.made), m.what()))
		}
	}
	return lines
}

func trim(list []int) []int {
	for len(list) > 0 && list[len(list)-1] == 0 {
		list = list[:len(list)-1]
	}
	return list
}

// scriptCost orders scripts: fewer choices that are not plain are better, then a
// shorter script, then smaller numbers.
type scriptCost struct{ odd, length, sum int }

func cost(script []int) scriptCost {
	c := scriptCost{length: len(script)}
	for _, v := range script {
		if v != 0 {
			c.odd++
		}
		c.sum += v
	}
	return c
}

func (c scriptCost) less(d scriptCost) bool {
	return cmp.Or(cmp.Compare(c.odd, d.odd), cmp.Compare(c.length, d.length), cmp.Compare(c.sum, d.sum)) < 0
}

// shrink searches for the plainest script that still fails, in at most tries
// calls of fails, which reports whether a script fails and returns the choices
// that were actually made.
func shrink(script []int, tries int, fails func([]int) ([]int, bool)) []int {
	best := trim(slices.Clone(script))
	try := func(candidate []int) bool {
		if tries <= 0 {
			return false
		}
		if !cost(trim(candidate)).less(cost(best)) {
			return false
		}
		tries--
		made, failed := fails(candidate)
		if !failed {
			return false
		}
		if !cost(made).less(cost(best)) {
			return false
		}
		best = made
		return true
	}
	for improved := true; improved && tries > 0; {
		improved = false
		// Replace runs of choices by plain ones, the last and longest first.
		for size := len(best); size > 0; size /= 2 {
			for end := len(best); end > 0; end -= size {
				candidate := slices.Clone(best)
				if end > len(candidate) {
					continue // best has become shorter
				}
				clear(candidate[max(0, end-size):end])
				improved = try(candidate) || improved
			}
		}
		for i := 0; i < len(best); i++ {
			for smaller := best[i] / 2; smaller > 0 && i < len(best); smaller /= 2 {
				candidate := slices.Clone(best)
				candidate[i] = smaller
				improved = try(candidate) || improved
			}
		}
	}
	return best
}

// format writes a script so that it can be given to Replay: runs of plain choices
// are counted, "12x 1 3x 2".
func format(script []int) string {
	var b strings.Builder
	plain := 0
	for _, v := range script {
		if v == 0 {
			plain++
			continue
		}
		if plain > 0 {
			fmt.Fprintf(&b, "%dx ", plain)
			plain = 0
		}
		fmt.Fprintf(&b, "%d ", v)
	}
	if b.Len() == 0 {
		return "0x"
	}
	return strings.TrimSpace(b.String())
}

// maxScript bounds the length of a script.
const maxScript = 1 << 20

func parse(text string) ([]int, error) {
	var script []int
	for word := range strings.FieldsSeq(text) {
		count, plain := strings.CutSuffix(word, "x")
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 || plain && len(script)+n > maxScript {
			return nil, fmt.Errorf("world: %q is not part of a schedule", word)
		}
		if plain {
			script = append(script, make([]int, n)...)
			continue
		}
		script = append(script, n)
	}
	return script, nil
}
