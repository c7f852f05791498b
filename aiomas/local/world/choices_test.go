package world

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestASeedMakesTheSameChoices(t *testing.T) {
	run := func(c *choices) []int {
		for i := range 200 {
			c.choose(1+i%5, nil)
		}
		return c.values()
	}
	for seed := range uint64(50) {
		first := run(chance(seed))
		if second := run(chance(seed)); !slices.Equal(first, second) {
			t.Fatalf("seed %d: %v, then %v", seed, first, second)
		}
		if again := run(scripted(first)); !slices.Equal(first, again) {
			t.Fatalf("seed %d: %v, replayed %v", seed, first, again)
		}
	}
}

func TestAScriptThatDoesNotFitIsBent(t *testing.T) {
	c := scripted([]int{9, 1})
	if got := []int{c.choose(3, nil), c.choose(2, nil), c.choose(4, nil)}; !slices.Equal(got, []int{2, 1, 0}) {
		t.Errorf("got %v", got)
	}
}

func TestFormatAndParse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		script := make([]int, r.IntN(20))
		for i := range script {
			script[i] = max(0, r.IntN(6)-3)
		}
		script = trim(script)
		got, err := parse(format(script))
		if err != nil || !slices.Equal(trim(got), script) {
			t.Fatalf("%v → %q → %v, %v", script, format(script), got, err)
		}
	}
	for _, bad := range []string{"a", "-1", "1y", "9999999999x", "1000000x 1000000x"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// shrink finds the two choices that cause a failure in a long script of irrelevant
// ones.
func TestShrinkFindsWhatMatters(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		script := make([]int, 300)
		for i := range script {
			script[i] = r.IntN(4)
		}
		script[70], script[200] = 2, 3
		got := shrink(script, 2000, func(s []int) ([]int, bool) {
			return trim(slices.Clone(s)), len(s) > 200 && s[70] >= 2 && s[200] >= 1
		})
		if c := cost(got); c.odd != 2 || len(got) != 201 || got[70] != 2 || got[200] != 1 {
			t.Fatalf("not the plainest: %s", format(got))
		}
	}
}

func TestShrinkKeepsToItsTries(t *testing.T) {
	n := 0
	shrink([]int{1, 2, 3, 4, 5}, 3, func(s []int) ([]int, bool) { n++; return s, false })
	if n > 3 {
		t.Errorf("%d runs", n)
	}
}
