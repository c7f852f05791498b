package number

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// Number is a JSON number, split into its parts: Digits × 10^Exp, and whether
// it is written as an int.
//
// It is small enough to be passed in registers: passing a struct of five fields
// took half the time of parsing a float.
type Number struct {
	Digits uint64 // meaningless if Long
	Exp    int
	Form   Form
}

// Form describes how a number is written.
type Form uint8

// The bits of a form.
const (
	Neg  Form = 1 << iota
	Int       // without a point or an exponent
	Long      // with more digits than a uint64 holds
)

// Is reports whether n has any of the forms f.
func (n Number) Is(f Form) bool { return n.Form&f != 0 }

// maxDigits is the number of digits that a uint64 always holds.
const maxDigits = 19

// Parse parses the number at the beginning of b, which has been scanned, and
// returns its length; 0 if it is not a number.
func Parse(b []byte) (n Number, length int) {
	i := 0
	var form Form
	if len(b) > 0 && b[0] == '-' {
		form = Neg
		i++
	}
	first := i
	value, i := parseDigits(0, b, i)
	digits := i - first
	if digits == 0 {
		return Number{}, 0
	}
	if i >= len(b) || b[i] != '.' && b[i]|0x20 != 'e' {
		form |= Int
		if digits > maxDigits {
			form |= Long
		}
		return Number{value, 0, form}, i
	}
	exp := 0
	if b[i] == '.' {
		point := i + 1
		value, i = parseDigits(value, b, point)
		exp = point - i
		digits -= exp
	}
	if digits > maxDigits && digits-zeros(b[first:i]) > maxDigits {
		form |= Long
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		e, end := parseExponent(b, i+1)
		exp, i = exp+e, end
	}
	return Number{value, exp, form}, i
}

// zeros counts the zeros that a decimal number begins with.
func zeros(b []byte) (n int) {
	for _, c := range b {
		if c == '0' {
			n++
		} else if c != '.' {
			break
		}
	}
	return n
}

// parseDigits appends the digits of b from i on to x, and returns the index
// after them.
func parseDigits(x uint64, b []byte, i int) (uint64, int) {
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		if !EightDigits(w) {
			break
		}
		// Combine pairs of digits, then pairs of pairs, and once more.
		w -= 0x3030303030303030
		w = w*10 + w>>8
		w = (w&0x000000ff_000000ff*(100+1_000_000<<32) + w>>16&0x000000ff_000000ff*(1+10_000<<32)) >> 32
		x = x*100_000_000 + w
		i += 8
	}
	for i < len(b) {
		c := b[i] - '0'
		if c > 9 {
			break
		}
		x = x*10 + uint64(c)
		i++
	}
	return x, i
}

// EightDigits reports whether all bytes of w are digits.
func EightDigits(w uint64) bool {
	const upper = 0xf0f0f0f0f0f0f0f0 // a digit, and six more than it, is 0x3n
	return w&upper|(w+0x0606060606060606)&upper>>4 == 0x3333333333333333
}

// maxExponent bounds the exponent while it is accumulated: beyond it, a float
// with as many digits as a message can hold is zero or infinite.
const maxExponent = 1 << 30

func parseExponent(b []byte, i int) (exp, end int) {
	neg := false
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		neg = b[i] == '-'
		i++
	}
	for i < len(b) && b[i]-'0' <= 9 {
		if exp < maxExponent/10 {
			exp = exp*10 + int(b[i]-'0')
		}
		i++
	}
	if neg {
		exp = -exp
	}
	return exp, i
}

// Float returns the float64 closest to n, as [FromDecimal] does.
func (n Number) Float() (float64, bool) {
	if n.Is(Long) {
		return 0, false
	}
	return FromDecimal(n.Digits, n.Exp, n.Is(Neg))
}

// Plain returns text, which n was parsed from, in a form that
// [strconv.ParseFloat] reads. ParseFloat reads only five digits of an exponent,
// although as many digits may precede it: then Plain writes the digits again,
// after a point.
func (n Number) Plain(text []byte) string {
	e := bytes.IndexAny(text, "eE")
	if e < 0 || len(text)-e <= len("e9999") {
		return string(text)
	}
	plain := make([]byte, 0, e+16)
	if n.Is(Neg) {
		plain = append(plain, '-')
	}
	plain = append(plain, '0', '.')
	start := len(plain)
	for _, c := range text[:e] {
		if c-'0' <= 9 && (c != '0' || len(plain) > start) {
			plain = append(plain, c)
		}
	}
	exp := n.Exp + len(plain) - start
	return string(strconv.AppendInt(append(plain, 'e'), int64(exp), 10))
}

// exact holds the powers of ten that a float64 represents exactly.
var exact = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// FromDecimal returns the float64 closest to digits × 10^exp, which is negative
// if neg is set. It returns false in rare cases; use [strconv.ParseFloat] for
// them.
func FromDecimal(digits uint64, exp int, neg bool) (float64, bool) {
	if digits < 1<<53 && exp >= -22 && exp <= 22 {
		// Both numbers are exact, so their product or quotient is rounded only
		// once.
		x := float64(digits)
		if exp < 0 {
			x /= exact[-exp]
		} else {
			x *= exact[exp]
		}
		if neg {
			x = -x
		}
		return x, true
	}
	if digits == 0 || exp < minPower || exp > 308 {
		return 0, false
	}
	x, ok := eiselLemire(digits, exp)
	if neg {
		x = -x
	}
	return x, ok
}

func eiselLemire(digits uint64, exp int) (float64, bool) {
	// The 128 upper bits of the product of digits, shifted to the left, and the
	// power of ten.
	shift := bits.LeadingZeros64(digits)
	w := digits << shift
	p := powerOf(exp)
	hi, lo := bits.Mul64(w, p.hi)
	// The lower half of the power matters only when it could carry through the
	// nine bits below the mantissa.
	if hi&0x1ff == 0x1ff && lo+w < w {
		more, rest := bits.Mul64(w, p.lo)
		sum, carry := bits.Add64(lo, more, 0)
		hi += carry
		if hi&0x1ff == 0x1ff && sum == math.MaxUint64 && rest+w < w {
			return 0, false // and the bits cut off of the power could carry, too
		}
		lo = sum
	}

	top := hi >> 63
	mantissa := hi >> (top + 9) // with one more bit, for rounding
	if lo == 0 && hi&0x1ff == 0 && mantissa&3 == 1 {
		return 0, false // perhaps exactly in the middle between two floats
	}
	e := log2Pow10(exp) + 63 + int(top) - shift + 1023
	mantissa = (mantissa + mantissa&1) >> 1
	if mantissa>>53 != 0 {
		mantissa >>= 1
		e++
	}
	if e <= 0 || e >= 0x7ff {
		return 0, false // too small for a full mantissa, or too large
	}
	return math.Float64frombits(mantissa&(1<<mantissaBits-1) | uint64(e)<<mantissaBits), true
}
