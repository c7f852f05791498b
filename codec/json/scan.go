package json

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/run"
)

// scanner checks, before anything is decoded, that bytes are JSON as Python
// reads it and within the limits. It does not recurse: each level of nesting
// takes one bit.
type scanner struct {
	data     []byte
	pos      int
	elements int // elements that may still come
	depth    int
	maxDepth int
	// Bit d reports whether the container at depth d is a dict. The levels past the
	// default limit are in a separate slice, so that a scanner usually stays on the
	// stack.
	dicts [codec.DefaultDepth/64 + 1]uint64
	deep  []uint64
}

// maxNesting bounds what Limits.Depth can allow: decoding recurses.
const maxNesting = 10_000

func (s *scanner) init(data []byte, lim codec.Limits) {
	lim = lim.WithDefaults()
	s.data, s.elements, s.maxDepth = data, lim.Elements, min(lim.Depth, maxNesting)
	if n := s.maxDepth/64 + 1 - len(s.dicts); n > 0 {
		s.deep = make([]uint64, n)
	}
}

// syntaxError says where and why scanning stopped.
type syntaxError struct {
	offset int
	reason string
}

func (s *scanner) fail(offset int, format string, args ...any) *syntaxError {
	return &syntaxError{offset, fmt.Sprintf(format, args...)}
}

// unexpected returns the error for the byte at offset, where want was expected.
func (s *scanner) unexpected(offset int, want string) *syntaxError {
	if offset >= len(s.data) {
		return s.fail(len(s.data), "expecting %s, not the end", want)
	}
	if c := s.data[offset]; c == 0xef && bytes.HasPrefix(s.data[offset:], []byte("\xef\xbb\xbf")) {
		return s.fail(offset, "expecting %s, not a byte order mark", want)
	} else if c > ' ' && c < 0x7f {
		return s.fail(offset, "expecting %s, not %q", want, c)
	}
	return s.fail(offset, "expecting %s, not 0x%02x", want, s.data[offset])
}

// space returns the index of the first byte from i on that is not whitespace.
func (s *scanner) space(i int) int {
	for i < len(s.data) && isSpace[s.data[i]] {
		i++
	}
	return i
}

var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

// enter begins a container. The envelope calls it for its own list.
func (s *scanner) enter(offset int, dict bool) *syntaxError {
	if s.depth++; s.depth > s.maxDepth {
		return s.fail(offset, "nested deeper than %d", s.maxDepth)
	}
	word, bit := s.level()
	if dict {
		*word |= bit
	} else {
		*word &^= bit
	}
	return nil
}

func (s *scanner) level() (word *uint64, bit uint64) {
	i, bit := uint(s.depth)/64, uint64(1)<<(uint(s.depth)%64)
	if i < uint(len(s.dicts)) {
		return &s.dicts[i], bit
	}
	return &s.deep[i-uint(len(s.dicts))], bit
}

func (s *scanner) inDict() bool {
	word, bit := s.level()
	return *word&bit != 0
}

// value scans one value from s.pos on and leaves s.pos after it.
func (s *scanner) value() *syntaxError {
	outside := s.depth
	data := s.data
	i := s.pos
	dict := s.inDict() // of the container at the current depth
	var err *syntaxError

value:
	if s.elements--; s.elements < 0 {
		return s.fail(i, "too many elements")
	}
	i = s.space(i)
	if i >= len(data) {
		return s.unexpected(i, "a value")
	}
	switch c := data[i]; {
	case c == '"':
		if i, err = s.str(i); err != nil {
			return err
		}
	case c == '{':
		if err = s.enter(i, true); err != nil {
			return err
		}
		if i = s.space(i + 1); i < len(data) && data[i] == '}' {
			i++
			s.depth--
			break
		}
		dict = true
		goto key
	case c == '[':
		if err = s.enter(i, false); err != nil {
			return err
		}
		if i = s.space(i + 1); i < len(data) && data[i] == ']' {
			i++
			s.depth--
			break
		}
		dict = false
		goto value
	case c == '-' || c >= '0' && c <= '9':
		if i, err = s.number(i); err != nil {
			return err
		}
	default:
		if i, err = s.word(i); err != nil {
			return err
		}
	}

	// A value is complete; the containers around it may end here, too.
	for {
		if s.depth == outside {
			s.pos = i
			return nil
		}
		i = s.space(i)
		if i >= len(data) {
			return s.unexpected(i, "',' or an end of the "+s.container())
		}
		switch c := data[i]; {
		case c == ',':
			i++
			if dict {
				i = s.space(i)
				goto key
			}
			goto value
		case c == ']' && !dict, c == '}' && dict:
			i++
			s.depth--
			dict = s.inDict()
		default:
			return s.unexpected(i, "',' or an end of the "+s.container())
		}
	}

key:
	if s.elements--; s.elements < 0 {
		return s.fail(i, "too many elements")
	}
	if i >= len(data) || data[i] != '"' {
		return s.unexpected(i, "a key in double quotes")
	}
	if end := shortStr(data, i); end > 0 {
		i = end
	} else if i, err = s.str(i); err != nil {
		return err
	}
	if i >= len(data) || data[i] != ':' {
		if i = s.space(i); i >= len(data) || data[i] != ':' {
			return s.unexpected(i, "':'")
		}
	}
	i++
	goto value
}

// shortStr returns the index after the string whose opening quote is at i, or 0
// if the string is not short and plain, as most keys are.
func shortStr(data []byte, i int) int {
	for i++; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		if m := (w | (w - ones*0x20) | (quote - ones) | (slash - ones)) & highs; m != 0 {
			if i += bits.TrailingZeros64(m) / 8; data[i] != '"' {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

func (s *scanner) container() string {
	if s.inDict() {
		return "dict"
	}
	return "list"
}

// word scans null, true, false, NaN and Infinity.
func (s *scanner) word(i int) (int, *syntaxError) {
	w := ""
	switch s.data[i] {
	case 'n':
		w = "null"
	case 't':
		w = "true"
	case 'f':
		w = "false"
	case 'N':
		w = "NaN"
	case 'I':
		w = "Infinity"
	default:
		return i, s.unexpected(i, "a value")
	}
	if len(s.data)-i < len(w) || string(s.data[i:i+len(w)]) != w {
		return i, s.unexpected(i, "a value")
	}
	return i + len(w), nil
}

// number scans an int, a float or -Infinity.
func (s *scanner) number(start int) (int, *syntaxError) {
	data, i := s.data, start
	if data[i] == '-' {
		i++
		if i < len(data) && data[i] == 'I' {
			return s.word(i)
		}
	}
	first := i
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	digits := i - first
	if digits == 0 {
		return i, s.unexpected(i, "a digit")
	}
	if digits > 1 && data[first] == '0' {
		return i, s.fail(first, "a number with a leading zero")
	}
	float := false
	if i+1 < len(data) && data[i] == '.' && data[i+1]-'0' <= 9 {
		float = true
		i++
		for i+8 <= len(data) && number.EightDigits(binary.LittleEndian.Uint64(data[i:])) {
			i += 8
		}
		for i < len(data) && data[i]-'0' <= 9 {
			i++
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		j := i + 1
		if j < len(data) && (data[j] == '+' || data[j] == '-') {
			j++
		}
		if j < len(data) && data[j]-'0' <= 9 {
			float = true
			for i = j; i < len(data) && data[i]-'0' <= 9; i++ {
			}
		}
	}
	if !float && digits > maxIntDigits {
		return i, s.fail(start, "an int of %d digits, more than the %d that Python reads", digits, maxIntDigits)
	}
	return i, nil
}

// str scans the string that begins with the quote at i and returns the index
// after its end.
func (s *scanner) str(start int) (int, *syntaxError) {
	data := s.data
	i := start + 1
	for {
		i = textRun(data, i)
		if i >= len(data) {
			return i, s.fail(start, "a str without an end")
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1, nil
		case c == '\\':
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

// longTextRun is textRun for text that has been plain for a while.
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
