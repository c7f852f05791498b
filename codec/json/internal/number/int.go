package number

import "math/bits"

// AppendInt appends n in decimal. It writes the digits in place instead of
// copying them from a buffer, in two thirds of the time of strconv.AppendInt.
func AppendInt(dst []byte, n int64) []byte {
	if n < 0 {
		return AppendUint(append(dst, '-'), -uint64(n))
	}
	return AppendUint(dst, uint64(n))
}

// AppendUint appends n in decimal.
func AppendUint(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, '0'+byte(n))
	}
	at := len(dst) + digits(n)
	if at > cap(dst) {
		dst = append(dst, "00000000000000000000"[:digits(n)]...)
	}
	dst = dst[:at]
	for n >= 100 {
		pair := n % 100 * 2
		n /= 100
		at -= 2
		dst[at], dst[at+1] = pairs[pair], pairs[pair+1]
	}
	if n >= 10 {
		dst[at-2], dst[at-1] = pairs[2*n], pairs[2*n+1]
	} else {
		dst[at-1] = '0' + byte(n)
	}
	return dst
}

// digits returns the number of digits of n, which is not 0.
func digits(n uint64) int {
	d := bits.Len64(n) * 1233 >> 12 // the decimal logarithm of 2^len, at most one too much
	if n >= tens[d] {
		d++
	}
	return d
}

var tens = [...]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}
