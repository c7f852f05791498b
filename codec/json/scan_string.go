package json

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec/internal/run"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// A longer text is recorded for the decoder.
const leastKnown = 4 << 10

// str scans the string that begins with the quote at i and returns the index
// after its end.
func (s *scanner) str(start int) (int, *syntaxError) {
	data := s.data
	i := start + 1
	escaped := false
	for {
		i = textRun(data, i)
		if i >= len(data) {
			return i, s.fail(start, "a str without an end")
		}
		switch c := data[i]; {
		case c == '"':
			if i-start > leastKnown && i-start > len(s.known.Text) {
				s.known = gap.Known{Text: data[start+1 : i], Escaped: escaped}
			}
			return i + 1, nil
		case c == '\\':
			escaped = true
			for i < len(data) && data[i] == '\\' { // escapes come in runs: all non-ASCII text is escaped
				n := escapeLen(data[i:])
				if n == 0 {
					return i, s.fail(i, "an invalid escape")
				}
				i += n
			}
		case c < ' ':
			return i, s.fail(i, "a control character in a str")
		default:
			for i < len(data) && data[i] >= utf8.RuneSelf {
				r, n := utf8.DecodeRune(data[i:])
				if r == utf8.RuneError && n == 1 {
					return i, s.fail(i, "invalid UTF-8")
				}
				i += n
			}
		}
	}
}

// textRun returns the index of the first byte of data from i on that is not
// plain text in a string, or len(data).
func textRun(data []byte, i int) int {
	for long := i + longRun; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		if m := (w | (w - ones*0x20) | (quote - ones) | (slash - ones)) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
		if i >= long {
			return longTextRun(data, i)
		}
	}
	for i < len(data) && text[data[i]] {
		i++
	}
	return i
}

// longTextRun is textRun for text that begins with a long plain run.
func longTextRun(data []byte, i int) int {
	for {
		n := run.Text(data[i:])
		if i += n; n == 0 || i == len(data) {
			break
		}
	}
	for i < len(data) && text[data[i]] {
		i++
	}
	return i
}

// text[c] reports whether c is plain text in a string.
var text = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// escapeLen returns the length of the escape at the beginning of b, or 0 if it
// is not valid.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := unhex(b[2:]); ok {
			return 6
		}
	}
	return 0
}

// unhex reads four hexadecimal digits.
func unhex(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	r := rune(hexValue[b[0]])<<12 | rune(hexValue[b[1]])<<8 | rune(hexValue[b[2]])<<4 | rune(hexValue[b[3]])
	return r, r >= 0
}

// hexValue[c] is negative if c is not a hexadecimal digit.
var hexValue = func() (t [256]int8) {
	for c := range t {
		t[c] = -1
	}
	for c := range 10 {
		t['0'+c] = int8(c)
	}
	for c := range 6 {
		t['a'+c], t['A'+c] = int8(10+c), int8(10+c)
	}
	return t
}()
