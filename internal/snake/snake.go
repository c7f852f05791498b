// Package snake converts Go names to Python's snake_case.
package snake

import (
	"strings"
	"unicode"
)

// Case returns the Go name in Python's snake_case: GetName is get_name,
// HTTPPort http_port, ID id. A capital begins a word after a small letter or a
// digit, and when a small letter follows it; initials stay together.
func Case(name string) string {
	runes := []rune(name)
	var b strings.Builder
	b.Grow(len(name) + 4)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' {
			prev := runes[i-1]
			initial := unicode.IsUpper(prev) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if unicode.IsLower(prev) || unicode.IsDigit(prev) || initial {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
