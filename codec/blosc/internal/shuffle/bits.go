package shuffle

// Unbits is the inverse of the bit shuffle: row j consists of eight rows of
// bits, of which the k-th holds bit k of byte j of every element, eight
// elements per byte. The length of each row is a multiple of eight.
func Unbits(dst []byte, rows [][]byte) {
	size, n := len(rows), len(rows[0])/8
	for j, row := range rows {
		for i := range n {
			x := uint64(row[i]) | uint64(row[n+i])<<8 | uint64(row[2*n+i])<<16 | uint64(row[3*n+i])<<24 |
				uint64(row[4*n+i])<<32 | uint64(row[5*n+i])<<40 | uint64(row[6*n+i])<<48 | uint64(row[7*n+i])<<56
			x = transposeBits(x)
			for e := range 8 {
				dst[(i*8+e)*size+j] = byte(x >> (8 * e))
			}
		}
	}
}

// transposeBits transposes eight bytes of eight bits: bit j of byte i becomes
// bit i of byte j.
func transposeBits(x uint64) uint64 {
	swap := func(x, mask uint64, by int) uint64 {
		t := (x ^ x>>by) & mask
		return x ^ t ^ t<<by
	}
	x = swap(x, 0x00aa00aa00aa00aa, 7)
	x = swap(x, 0x0000cccc0000cccc, 14)
	return swap(x, 0x00000000f0f0f0f0, 28)
}
