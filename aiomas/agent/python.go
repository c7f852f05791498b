package agent

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// pyInt parses an int as Python's int() does: with surrounding blanks, a sign, single underscores
// between digits, and the decimal digits of any script.
func pyInt(s string) (int, error) {
	bad := fmt.Errorf("invalid literal for int() with base 10: %s", pyRepr(s))
	t := strings.TrimFunc(s, pySpace)
	negative := strings.HasPrefix(t, "-")
	if negative || strings.HasPrefix(t, "+") {
		t = t[1:]
	}
	var digits strings.Builder
	underscore := true // an underscore is not allowed here
	for _, r := range t {
		if r == '_' {
			if underscore {
				return 0, bad
			}
			underscore = true
			continue
		}
		d, ok := digitValue(r)
		if !ok {
			return 0, bad
		}
		digits.WriteByte('0' + d)
		underscore = false
	}
	if underscore {
		return 0, bad
	}
	n, err := strconv.Atoi(digits.String())
	if err != nil {
		return 0, errors.New("port must be 0-65535.") //nolint:staticcheck // Python's text, when it connects
	}
	if negative {
		n = -n
	}
	return n, nil
}

func pySpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f
}

// digitValue returns the value of a decimal digit. In every script the digits are consecutive
// characters, from zero to nine.
func digitValue(r rune) (byte, bool) {
	if '0' <= r && r <= '9' {
		return byte(r - '0'), true
	}
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	return 0, false
}

// pyRepr returns the repr() of a Python string.
func pyRepr(s string) string {
	if plain(s) {
		return "'" + s + "'"
	}
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote, r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// plain reports whether s is itself between the quotes, as most addresses are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '\'' || c == '\\' {
			return false
		}
	}
	return true
}
