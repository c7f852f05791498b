package number

import (
	"math"
	"math/bits"
)

// maxDigits is the number of digits that always fit a uint64.
const maxDigits = 19

// exact are the powers of ten that a float64 holds exactly.
var exact = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// FromDecimal returns the float64 closest to digits × 10^exp, which is
// negative if neg is set. It returns false in the rare cases that need more
// care: leave them to [strconv.ParseFloat].
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
			return 0, false // and what was cut off of the power could too
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
