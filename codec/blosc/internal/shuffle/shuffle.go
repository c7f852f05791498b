// Package shuffle implements the two filters of Blosc 1, which group similar
// bytes or bits of the elements of a block before compression: the byte shuffle
// collects the first bytes of all elements, then all second bytes, and so on;
// the bit shuffle does the same with bits.
//
// Shuffled elements are handled as rows, as many as an element has bytes: row j
// holds byte j of every element. In a block that is split, each row is a
// stream.
package shuffle

import "encoding/binary"

// Bytes splits the elements of src into rows: rows[j][i] is byte j of element
// i. src holds len(rows) times len(rows[0]) bytes.
func Bytes(rows [][]byte, src []byte) {
	if len(rows) == 8 {
		bytes8((*[8][]byte)(rows), src)
		return
	}
	for j, row := range rows {
		for i, k := 0, j; i < len(row); i, k = i+1, k+len(rows) {
			row[i] = src[k]
		}
	}
}

// Part fills dst with a part of the shuffled form of src, beginning at the
// offset from. In this form, all rows of the elements, which have size bytes
// each, are concatenated; an incomplete last element follows unchanged.
func Part(dst, src []byte, size, from int) {
	n := len(src) / size
	for len(dst) > 0 {
		if from >= n*size {
			copy(dst, src[from:])
			return
		}
		j, i := from/n, from%n
		part := dst[:min(len(dst), n-i)]
		for k := range part {
			part[k] = src[(i+k)*size+j]
		}
		dst = dst[len(part):]
		from += len(part)
	}
}

// Unbytes is the inverse of [Bytes].
func Unbytes(dst []byte, rows [][]byte) {
	switch len(rows) {
	case 8:
		unbytes8(dst, (*[8][]byte)(rows))
	default:
		unbytesFrom(dst, rows, 0)
	}
}

// unbytesFrom joins the elements from the i-th on. It processes a limited
// number at a time, so that incomplete elements stay in the cache.
func unbytesFrom(dst []byte, rows [][]byte, i int) {
	const most = 256
	for size, n := len(rows), len(rows[0]); i < n; i += most {
		for j, row := range rows {
			part := row[i:min(i+most, n)]
			to := dst[i*size+j:]
			for k, c := range part {
				to[k*size] = c
			}
		}
	}
}

// bytes8 is Bytes for elements of eight bytes, eight at a time.
func bytes8(rows *[8][]byte, src []byte) {
	n := len(rows[0])
	r0, r1, r2, r3 := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n]
	r4, r5, r6, r7 := rows[4][:n], rows[5][:n], rows[6][:n], rows[7][:n]
	i := 0
	for ; i+8 <= n && len(src) >= 64; i += 8 {
		s := src[:64]
		a, b, c, d, e, f, g, h := transpose(
			binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[8:]),
			binary.LittleEndian.Uint64(s[16:]), binary.LittleEndian.Uint64(s[24:]),
			binary.LittleEndian.Uint64(s[32:]), binary.LittleEndian.Uint64(s[40:]),
			binary.LittleEndian.Uint64(s[48:]), binary.LittleEndian.Uint64(s[56:]))
		binary.LittleEndian.PutUint64(r0[i:i+8], a)
		binary.LittleEndian.PutUint64(r1[i:i+8], b)
		binary.LittleEndian.PutUint64(r2[i:i+8], c)
		binary.LittleEndian.PutUint64(r3[i:i+8], d)
		binary.LittleEndian.PutUint64(r4[i:i+8], e)
		binary.LittleEndian.PutUint64(r5[i:i+8], f)
		binary.LittleEndian.PutUint64(r6[i:i+8], g)
		binary.LittleEndian.PutUint64(r7[i:i+8], h)
		src = src[64:]
	}
	for ; i < n; i++ {
		for j := range rows {
			rows[j][i] = src[j]
		}
		src = src[8:]
	}
}

// unbytes8 is Unbytes for elements of eight bytes, eight at a time.
func unbytes8(dst []byte, rows *[8][]byte) {
	n := len(rows[0])
	r0, r1, r2, r3 := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n]
	r4, r5, r6, r7 := rows[4][:n], rows[5][:n], rows[6][:n], rows[7][:n]
	i := 0
	for d := dst; i+8 <= n && len(d) >= 64; i += 8 {
		s0, s1, s2, s3, s4, s5, s6, s7 := transpose(
			binary.LittleEndian.Uint64(r0[i:i+8]), binary.LittleEndian.Uint64(r1[i:i+8]),
			binary.LittleEndian.Uint64(r2[i:i+8]), binary.LittleEndian.Uint64(r3[i:i+8]),
			binary.LittleEndian.Uint64(r4[i:i+8]), binary.LittleEndian.Uint64(r5[i:i+8]),
			binary.LittleEndian.Uint64(r6[i:i+8]), binary.LittleEndian.Uint64(r7[i:i+8]))
		to := d[:64]
		binary.LittleEndian.PutUint64(to, s0)
		binary.LittleEndian.PutUint64(to[8:], s1)
		binary.LittleEndian.PutUint64(to[16:], s2)
		binary.LittleEndian.PutUint64(to[24:], s3)
		binary.LittleEndian.PutUint64(to[32:], s4)
		binary.LittleEndian.PutUint64(to[40:], s5)
		binary.LittleEndian.PutUint64(to[48:], s6)
		binary.LittleEndian.PutUint64(to[56:], s7)
		d = d[64:]
	}
	unbytesFrom(dst, rows[:], i)
}

// transpose transposes eight words of eight bytes: byte j of word i becomes
// byte i of word j. It exchanges quarters of the square, then quarters of each
// quarter, and so on.
func transpose(a, b, c, d, e, f, g, h uint64) (_, _, _, _, _, _, _, _ uint64) {
	const low32, low16, low8 = 0x00000000ffffffff, 0x0000ffff0000ffff, 0x00ff00ff00ff00ff
	a, e = exchange(a, e, 32, low32)
	b, f = exchange(b, f, 32, low32)
	c, g = exchange(c, g, 32, low32)
	d, h = exchange(d, h, 32, low32)

	a, c = exchange(a, c, 16, low16)
	b, d = exchange(b, d, 16, low16)
	e, g = exchange(e, g, 16, low16)
	f, h = exchange(f, h, 16, low16)

	a, b = exchange(a, b, 8, low8)
	c, d = exchange(c, d, 8, low8)
	e, f = exchange(e, f, 8, low8)
	g, h = exchange(g, h, 8, low8)
	return a, b, c, d, e, f, g, h
}

// exchange swaps the high parts of x with the low parts of y.
func exchange(x, y uint64, bits int, low uint64) (uint64, uint64) {
	t := (x>>bits ^ y) & low
	return x ^ t<<bits, y ^ t
}
