package json

import (
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"

	"github.com/aiomas-go/aiomas-go/codec"
)

// parseInt64 parses a JSON int; it returns false for anything else and past 64
// bits.
func parseInt64(s []byte) (int64, bool) {
	digits := s
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		n, err := strconv.ParseInt(string(s), 10, 64)
		return n, err == nil
	}
	var n int64
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if len(digits) != len(s) {
		n = -n
	}
	return n, true
}

// int returns the text of the int at the cursor and passes over it.
func (d *decoder) int() ([]byte, error) {
	if kinds[d.peek()] != codec.KindInt {
		return nil, d.wrong(codec.KindInt)
	}
	s := d.number()
	if !isInt(s) {
		return nil, d.wrong(codec.KindInt)
	}
	d.pos += len(s)
	return s, nil
}

func (d *decoder) Int64() (int64, error) {
	s, err := d.int()
	if err != nil {
		return 0, err
	}
	n, ok := parseInt64(s)
	if !ok {
		return 0, misfit(s, "int64")
	}
	return n, nil
}

func (d *decoder) Uint64() (uint64, error) {
	s, err := d.int()
	if err != nil {
		return 0, err
	}
	if n, ok := parseInt64(s); ok && n >= 0 {
		return uint64(n), nil
	}
	n, err := strconv.ParseUint(string(s), 10, 64)
	if err != nil {
		return 0, misfit(s, "uint64")
	}
	return n, nil
}

func misfit(number []byte, t string) error {
	if len(number) > 40 {
		return codec.NewDecodeError("int of %d digits does not fit %s", len(number), t)
	}
	return codec.NewDecodeError("int %s does not fit %s", number, t)
}

func (d *decoder) BigInt() (*big.Int, error) {
	s, err := d.int()
	if err != nil {
		return nil, err
	}
	return parseBigInt(s)
}

func parseBigInt(s []byte) (*big.Int, error) {
	if len(s) <= maxIntDigits+1 { // a scan allows no more, and more would take long
		if n, ok := new(big.Int).SetString(string(s), 10); ok {
			return n, nil
		}
	}
	return nil, codec.NewDecodeError("a malformed int of %d characters", len(s))
}

func (d *decoder) Float64() (float64, error) {
	k := kinds[d.peek()]
	if k != codec.KindFloat && k != codec.KindInt {
		return 0, d.wrong(codec.KindFloat)
	}
	s := d.number()
	if k == codec.KindInt && isInt(s) {
		return 0, d.wrong(codec.KindFloat)
	}
	x, ok := parseFloat(s)
	if !ok {
		return 0, codec.NewDecodeError("a malformed float %.40q", s)
	}
	d.pos += len(s)
	return x, nil
}

// parseFloat parses a float as Python does: one that is too large is infinite.
func parseFloat(s []byte) (float64, bool) {
	if x, ok := shortFloat(s); ok {
		return x, true
	}
	if string(s) == "NaN" {
		return math.Float64frombits(pythonNaN), true
	}
	for _, c := range s {
		if c == '_' || c|0x20 == 'x' || c|0x20 == 'p' {
			return 0, false // Go's own forms
		}
	}
	x, err := strconv.ParseFloat(string(s), 64)
	if err != nil && err.(*strconv.NumError).Err != strconv.ErrRange {
		return 0, false
	}
	return x, true
}

// pythonNaN is the NaN of Python, which has another payload than Go's: it may
// be passed on by a codec that sends all bits.
const pythonNaN = 0x7ff8000000000000

// powers are the powers of ten that a float64 holds exactly.
var powers = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// shortFloat parses a float of few digits and without an exponent: digits and
// power of ten are exact, so that their quotient is rounded once, correctly.
func shortFloat(s []byte) (float64, bool) {
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	if len(s) > 16 {
		return 0, false
	}
	var mantissa uint64
	point := -1
	for i, c := range s {
		if c == '.' && point < 0 {
			point = i
			continue
		}
		if c -= '0'; c > 9 {
			return 0, false
		}
		mantissa = mantissa*10 + uint64(c)
	}
	if point <= 0 || point == len(s)-1 {
		return 0, false
	}
	x := float64(mantissa) / powers[len(s)-1-point] // at most 15 digits: exact
	if negative {
		x = -x
	}
	return x, true
}

func (d *decoder) Str() (string, error) {
	body, escaped, err := d.quoted()
	if err != nil {
		return "", err
	}
	if !escaped {
		return string(body), nil
	}
	d.buf = unescape(d.buf[:0], body)
	return string(d.buf), nil
}

func (d *decoder) StrBytes() ([]byte, error) {
	body, escaped, err := d.quoted()
	if err != nil || !escaped {
		return body, err
	}
	d.buf = unescape(d.buf[:0], body)
	return d.buf, nil
}

// unescape appends the text that body, the inside of a string, stands for.
func unescape(dst, body []byte) []byte {
	for i := 0; i < len(body); {
		end := textEnd(body, i)
		dst = append(dst, body[i:end]...)
		if i = end; i+1 >= len(body) {
			return dst
		}
		c := body[i+1]
		i += 2
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, ok := unhex(body[i:])
			if !ok {
				continue // not after a scan
			}
			i += 4
			if r >= 0xd800 && r < 0xdc00 && i+6 <= len(body) && body[i] == '\\' && body[i+1] == 'u' {
				if low, ok := unhex(body[i+2:]); ok && low >= 0xdc00 && low < 0xe000 {
					r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
					i += 6
				}
			}
			if r >= 0xd800 && r < 0xe000 {
				dst = appendSurrogate(dst, r)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			continue
		}
		dst = append(dst, c)
	}
	return dst
}
