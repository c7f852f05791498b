package json

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json/internal/number"
	"github.com/aiomas-go/aiomas-go/internal/gap"
)

// scanner checks, before anything is decoded, that bytes are JSON as Python
// reads it and within the limits. It does not recurse: each level of nesting
// takes one bit.
type scanner struct {
	data     []byte
	pos      int
	most     int64 // bytes
	elements int   // elements that are still allowed
	depth    int
	maxDepth int
	// Bit d reports whether the container at depth d is a dict. The levels past the
	// default limit are in a separate slice, so that a scanner usually stays on the
	// stack.
	dicts [codec.DefaultDepth/64 + 1]uint64
	deep  []uint64
	known gap.Known // the longest text, if it is long
}

// maxNesting is an upper bound for Limits.Depth, since decoding recurses.
const maxNesting = 10_000

func (s *scanner) init(data []byte, lim codec.Limits) {
	lim = lim.WithDefaults()
	s.data, s.most, s.elements, s.maxDepth = data, lim.Size, lim.Elements, min(lim.Depth, maxNesting)
	if n := s.maxDepth/64 + 1 - len(s.dicts); n > 0 {
		s.deep = make([]uint64, n)
	}
}

// syntaxError describes where and why scanning stopped.
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

// space returns the index of the first byte of data from i on that is not whitespace.
func space(data []byte, i int) int {
	for i < len(data) && data[i] <= ' ' && isSpace[data[i]] {
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
func (s *scanner) value() (err *syntaxError) {
	data, i, outside := s.data, s.pos, s.depth
	dict := s.inDict() // of the container at the current depth
	for {
		if s.elements--; s.elements < 0 {
			return s.fail(i, "too many elements")
		}
		if i = space(data, i); i >= len(data) {
			return s.unexpected(i, "a value")
		}
		switch c := data[i]; {
		case c == '"':
			i, err = s.str(i)
		case c == '{', c == '[':
			if err = s.enter(i, c == '{'); err != nil {
				return err
			}
			if i = space(data, i+1); i >= len(data) || data[i] != c+2 { // '{'+2 is '}', '['+2 is ']'
				if dict = c == '{'; dict {
					if i, err = s.key(i); err != nil {
						return err
					}
				}
				continue
			}
			i++
			s.depth--
		case c == '-' || c >= '0' && c <= '9':
			i, err = s.number(i)
		default:
			i, err = s.word(i)
		}
		if err != nil {
			return err
		}
		// A value is complete; the containers around it may end here, too.
		for ; ; i++ {
			if s.depth == outside {
				s.pos = i
				return nil
			}
			if i = space(data, i); i < len(data) && data[i] == ',' {
				break
			}
			if i >= len(data) || data[i] != ']' && !dict || data[i] != '}' && dict {
				return s.unexpected(i, "',' or an end of the "+s.container())
			}
			s.depth--
			dict = s.inDict()
		}
		if i++; dict {
			if i, err = s.key(space(data, i)); err != nil {
				return err
			}
		}
	}
}

// key scans a key at i and the colon, and returns the index after them.
func (s *scanner) key(i int) (int, *syntaxError) {
	if s.elements--; s.elements < 0 {
		return i, s.fail(i, "too many elements")
	}
	data := s.data
	if i >= len(data) || data[i] != '"' {
		return i, s.unexpected(i, "a key in double quotes")
	}
	if end := shortStr(data, i); end > 0 {
		i = end
	} else {
		var err *syntaxError
		if i, err = s.str(i); err != nil {
			return i, err
		}
	}
	if i >= len(data) || data[i] != ':' {
		if i = space(data, i); i >= len(data) || data[i] != ':' {
			return i, s.unexpected(i, "':'")
		}
	}
	return i + 1, nil
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
