package ndarray

import "math"

// Float16 holds the bits of NumPy's half-precision float, IEEE 754 binary16.
type Float16 uint16

// Float32 returns the value, which float32 holds exactly.
func (f Float16) Float32() float32 {
	sign := uint32(f&0x8000) << 16
	exponent, fraction := uint32(f>>10)&0x1f, uint32(f)&0x3ff
	switch exponent {
	case 0: // zero or subnormal: fraction × 2⁻²⁴
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// NewFloat16 returns the Float16 nearest to v (if two are equally near, the
// even one), and infinity beyond 65504, as NumPy does.
func NewFloat16(v float32) Float16 {
	bits := math.Float32bits(v)
	sign := Float16(bits >> 16 & 0x8000)
	exponent, fraction := int(bits>>23&0xff)-127, bits&0x7fffff
	switch {
	case exponent == 128 && fraction != 0: // NaN: keep the upper bits of the payload
		f := Float16(fraction >> 13)
		if f == 0 {
			f = 1
		}
		return sign | 0x7c00 | f
	case exponent > 15:
		return sign | 0x7c00
	case exponent >= -14:
		// A carry out of the fraction correctly increments the exponent.
		return sign + Float16(exponent+15)<<10 + Float16(round(fraction, 13))
	case exponent >= -25:
		return sign + Float16(round(fraction|0x800000, uint(-1-exponent)))
	}
	return sign
}

// round divides by 2ⁿ and rounds to the nearest integer; halves are rounded to
// even.
func round(v uint32, n uint) uint32 {
	half := uint32(1) << (n - 1)
	rest := v & (half<<1 - 1)
	v >>= n
	if rest > half || rest == half && v&1 == 1 {
		v++
	}
	return v
}
