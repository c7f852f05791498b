package traceback

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
)

// words are the lines of which the search below builds texts, with the units of
// hostile.
var words = []string{
	"foo\n", "x y\n", "\n", "A: b\n", "A:\n", "a.b.C\n", " x\n", "    ^^^\n", "SyntaxError: x\n", "x: \u2028  | y\n",
	"  File \"a\", line 1\n", "  File \"a\", line 1, in f\n", "  [Previous line repeated 3 more times]\n",
	"  | \n", "  |   File \"a\", line 1\n", "    +" + closing + "\n", groupHeader + "\n", "A: " + groupHeader + "\n",
	"RemoteException: Origin: x\n", quotes + "\n", causeText + "\n", contextText + "\n", "\n" + contextText + "\n\n",
}

// pattern draws a few lines.
func pattern(r *rand.Rand, words []string) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString(words[r.IntN(len(words))])
	}
	return b.String()
}

// TestParseIsLinearInWhatever searches for texts that take longer than their length
// explains: something repeated, or something repeated and then something else, so
// that what was begun many times is ended as often, or never.
func TestParseIsLinearInWhatever(t *testing.T) {
	if invariant.On || testing.Short() {
		t.Skip("measures time, without the race detector only")
	}
	const short, long = 4 << 10, 64 << 10
	words := words
	for _, unit := range hostile {
		words = append(words, unit)
	}
	starts := []string{"", header + "\n", header + "\n  File \"a\", line 1, in f\n", "  + " + groupHeader + "\n  | A: a\n"}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	tried := 0
	testcost.Search(2*time.Second, func() {
		tried++
		start, first, second := starts[r.IntN(len(starts))], pattern(r, words), ""
		if r.IntN(2) == 0 {
			second = pattern(r, words)
		}
		parse := func(size int) func() {
			text := start + strings.Repeat(first, size/(len(first)+len(second)))
			text += strings.Repeat(second, max(size-len(text), 0)/max(len(second), 1))
			return func() { Parse(text) }
		}
		if testcost.Exceeds(5, long/short, parse(short), parse(long)) {
			t.Errorf("seed %d: %q, then %q, then %q", seed, start, first, second)
		}
	})
	t.Logf("%d texts", tried)
}

// What the search has found: places of syntax errors of which none has a type
// looked for one to the end of the text each; closing quotes that close nothing
// went through all that is open.
func TestParseIsLinearInWhatWasFound(t *testing.T) {
	for _, tt := range [][2]string{
		{"foo\n" + quotes + "\n  File \"x\", line 1\n", ""},
		{"A: " + header + "\nx: y\n", quotes + "\n"},
	} {
		parse := func(n int) func() {
			text := header + "\n  File \"x\", line 1, in f\n" + strings.Repeat(tt[0], n) + strings.Repeat(tt[1], 4*n)
			return func() { Parse(text) }
		}
		if testcost.Exceeds(5, 16, parse(500), parse(8000)) {
			t.Errorf("%q, then %q", tt[0], tt[1])
		}
	}
}
