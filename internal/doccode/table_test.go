package doccode_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/doccode"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a", "", false}, {"", "", true}, {"…", "", true}, {"…", "abc", true},
		{"a…c", "abc", true}, {"a…c", "ac", true}, {"a…c", "acb", false}, {"a…b…c", "a1b2c", true}, {"a…b…c", "a1c", false},
		{"…b", "ab", true}, {"a…a", "a", false}, {"a…", "ab", true}, {"a…b", "abxb", true},
	} {
		if got := doccode.Matches(c.pattern, c.text); got != c.want {
			t.Errorf("%q, %q: %v", c.pattern, c.text, got)
		}
	}
}
