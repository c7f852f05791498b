package number

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// AppendFloat appends x as Python's float.__repr__ writes it, and NaN, Infinity and
// -Infinity as json.dumps does.
func AppendFloat(dst []byte, x float64) []byte {
	abs := math.Abs(x)
	switch {
	case abs < 1e16 && abs == math.Trunc(abs):
		// Integers of this size are their own shortest representation.
		if math.Signbit(x) {
			dst = append(dst, '-')
		}
		return append(AppendUint(dst, uint64(abs)), '.', '0')
	case abs <= math.MaxFloat64:
		if x < 0 {
			dst = append(dst, '-')
		}
		if millionths := abs * 1e6; abs >= 1e-4 && abs < 1e9 && millionths == math.Trunc(millionths) && millionths/1e6 == abs {
			return appendMillionths(dst, uint64(millionths))
		}
		return appendDecimal(dst, shortest(math.Float64bits(abs)))
	case x > 0:
		return append(dst, "Infinity"...)
	case x < 0:
		return append(dst, "-Infinity"...)
	}
	return append(dst, "NaN"...)
}

// appendMillionths appends n/10⁶, which is not an integer. Decimal numbers of
// at most 15 digits that differ are read as different floats, so the number is
// the shortest one for its float if dividing gives the float back. This takes
// half the time of a search.
func appendMillionths(dst []byte, n uint64) []byte {
	var frac [8]byte
	put8(&frac, uint32(n%1_000_000))
	end := len(frac)
	for frac[end-1] == '0' {
		end--
	}
	dst = append(AppendUint(dst, n/1_000_000), '.')
	return append(dst, frac[2:end]...)
}

// decimal is digits × 10^exp.
type decimal struct {
	digits uint64
	exp    int
}

const (
	mantissaBits = 52
	// qMin is the exponent of the unit of the smallest floats, whose value is
	// mantissa × 2^q.
	qMin = -1074
)

// shortest returns the decimal with the fewest digits that is read back as the
// positive, finite float with these bits; if there are several, the closest.
func shortest(float uint64) decimal {
	c, q := float&(1<<mantissaBits-1), int(float>>mantissaBits)
	// At a power of two the lower neighbour is only half as far away.
	uneven := c == 0 && q > 1
	if q != 0 {
		c |= 1 << mantissaBits
		q--
	}
	q += qMin

	// The float and the midpoints between it and its neighbours, in quarters of
	// units, all three scaled by the power of ten that makes them differ by one to
	// a few hundred.
	below, above := 4*c-2, 4*c+2
	k := q * 1262611 >> 22 // the floor of the decimal logarithm of 2^q
	if uneven {
		below++
		k = (q*1262611 - 524031) >> 22 // and of 3/4 2^q
	}
	g := powerOf(-k)
	g.lo++ // rounded up, as the proof demands
	if g.lo == 0 {
		g.hi++
	}
	h := uint(q + log2Pow10(-k) + 1)
	v := g.scale(4 * c << h)
	low, high := g.scale(below<<h), g.scale(above<<h)
	if c&1 != 0 { // a midpoint is read as its even neighbour
		low++
		high--
	}

	s := v / 4
	if s >= 10 {
		// Use one digit less if exactly one such number is in the interval.
		tens := s / 10
		down, up := low <= 40*tens, 40*tens+40 <= high
		if down != up {
			if up {
				tens++
			}
			return decimal{tens, k + 1}
		}
	}
	down, up := low <= 4*s, 4*s+4 <= high
	if down == up { // both or none: take the closer one
		up = v > 4*s+2 || v == 4*s+2 && s&1 != 0
	}
	if up {
		s++
	}
	return decimal{s, k}
}

// scale returns n × g, with the last bit set if the product was not exact.
func (g power) scale(n uint64) uint64 {
	carry, _ := bits.Mul64(g.lo, n)
	hi, lo := bits.Mul64(g.hi, n)
	lo, c := bits.Add64(lo, carry, 0)
	hi += c
	if lo > 1 {
		hi |= 1
	}
	return hi
}

const pairs = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// appendDecimal appends d in the form that Python chooses: with an exponent
// when the first digit is more than four places after the point, or the point
// more than 16 after it.
func appendDecimal(dst []byte, d decimal) []byte {
	for d.digits%100_000_000 == 0 { // only for short numbers
		d.digits /= 100_000_000
		d.exp += 8
	}
	// All digits are written in independent steps, then leading zeros are dropped.
	var buf [24]byte
	upper, lower := d.digits/100_000_000, d.digits%100_000_000
	put8((*[8]byte)(buf[16:]), uint32(lower))
	at := 16
	if upper > 0 {
		put8((*[8]byte)(buf[8:]), uint32(upper%100_000_000))
		at = 8
		if upper >= 100_000_000 { // at most 17 digits
			at = 7
			buf[at] = '0' + byte(upper/100_000_000)
		}
	}
	for buf[at] == '0' {
		at++
	}
	digits := buf[at:]
	point := len(digits) + d.exp // the digits before the point
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}

	switch {
	case point > 16 || point <= -4:
		return appendExponent(dst, digits, point-1)
	case point <= 0:
		dst = append(dst, "0.000"[:2-point]...)
		return append(dst, digits...)
	case point >= len(digits): // only reached by tests: AppendFloat handles integers before
		dst = append(dst, digits...)
		for range point - len(digits) {
			dst = append(dst, '0')
		}
		return append(dst, '.', '0')
	}
	dst = append(dst, digits[:point]...)
	dst = append(dst, '.')
	return append(dst, digits[point:]...)
}

// put8 writes the eight digits of n: it splits the number in halves three
// times, all parts at once, in half the time of a table of pairs.
func put8(dst *[8]byte, n uint32) {
	x := uint64(n/10_000) | uint64(n%10_000)<<32
	hundreds := x * 10486 >> 20 & 0x7f_0000_007f
	x = hundreds | (x-100*hundreds)<<16
	tens := x * 103 >> 10 & 0x000f_000f_000f_000f
	x = tens | (x-10*tens)<<8
	binary.LittleEndian.PutUint64(dst[:], x|0x3030303030303030)
}

func appendExponent(dst, digits []byte, exp int) []byte {
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	if exp < 0 {
		dst = append(dst, 'e', '-')
		exp = -exp
	} else {
		dst = append(dst, 'e', '+')
	}
	if exp < 10 {
		dst = append(dst, '0')
	}
	return AppendInt(dst, int64(exp))
}
