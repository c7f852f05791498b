package excerpt_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/excerpt"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"", 0, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc…"},
		{"aéb", 2, "a…"},
		{"aéb", 3, "aé…"},
		{"a\xff\xffb", 3, "a…"},
		{"\xff", 1, "\xff"},
	} {
		if got := excerpt.Of(c.s, c.n); got != c.want {
			t.Errorf("Of(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
}
