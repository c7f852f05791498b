package json

import (
	"math/big"

	"github.com/aiomas-go/aiomas-go/codec"
)

// maxIntBits is greater than the number of bits of any int of maxIntDigits
// digits.
const maxIntBits = 14_285

// appendBigInt appends an int of any size that Python reads.
func appendBigInt(dst []byte, n *big.Int) ([]byte, error) {
	if n.BitLen() <= maxIntBits { // else the conversion takes too long
		start := len(dst)
		dst = n.Append(dst, 10)
		digits := len(dst) - start
		if n.Sign() < 0 {
			digits--
		}
		if digits <= maxIntDigits {
			return dst, nil
		}
	}
	return dst, codec.NewEncodeError("an int of more than %d digits, which Python cannot read", maxIntDigits)
}
