package blosclz

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The parameters of BloscLZ 2.5.1 at its highest level, which Python uses. The same parameters give
// the same bytes.
const (
	hashBits  = 14
	minInput  = 16 // shorter input is not compressed
	minOutput = 66 // nor if there is less room
	margin    = 12 // bytes at the end in which no match begins
	firstRun  = 4  // literals at the start in which no match begins
)

// Table is the memory that Compress needs. It can be reused.
type Table struct {
	// last has the last position of four bytes with a hash. Positions are counted across streams,
	// with a gap between streams, so that positions of earlier streams are too far away to
	// match: clearing the table takes longer than compressing a few KB.
	last  [1 << hashBits]uint32
	base  uint32                 // position of the next stream
	probe [1 << probeBits]uint32 // like last, for estimate
}

// longStream is the minimum length for which clearing the table is worthwhile: then no branch
// depends on whether a position is of an earlier stream.
const longStream = 16 << 10

// begin returns the position of the first byte of a stream of n bytes.
func (t *Table) begin(n int) int {
	if n >= longStream || uint64(t.base)+uint64(n)+maxFar > math.MaxInt32 {
		clear(t.last[:])
		clear(t.probe[:])
		t.base = 0
	}
	base := int(t.base)
	t.base += uint32(n) + maxFar
	return base
}

// Compress writes a stream for src to dst and returns its length. It returns 0 if src is not
// expected to become shorter, or if the stream does not fit dst. many reports whether src is one of
// several streams of a block.
func (t *Table) Compress(dst, src []byte, many bool) int {
	from, to := Sample(len(src))
	in, out := t.estimate(src[from:to], t.begin(to-from))
	if in < out || len(src) < minInput || len(dst) < minOutput {
		return 0
	}
	base := t.begin(len(src))
	// A match is encoded a few bytes shorter than it is, and the search continues within it, which
	// finds more long matches. back is also the minimum of the length field.
	back := 4
	if !many || in < 4*out {
		back = 3
	}
	t.last[load32(src, 0)*multiplier>>(32-hashBits)] = uint32(base)
	limit := len(src) - margin
	n, run := 0, 0 // bytes written, and the start of the pending literals
	for i := firstRun; i < limit; {
		seq := load32(src, i)
		ref := t.swap(seq, base+i) - base
		distance := i - ref - nearest
		// The processor cannot predict whether a position is of this stream, but it can predict whether
		// there is a match. So positions that are too far away are compared as well, with the first
		// bytes.
		ref &= (distance - (maxFar - nearest)) >> (bits.UintSize - 1)
		if load32(src, ref) != seq || distance >= maxFar-nearest {
			i++
			continue
		}
		end := i + 4
		if diff := load64(src, end) ^ load64(src, ref+4); diff != 0 {
			end += zeroBytes(diff) + 1
		} else {
			end = matchEnd(src, ref+12, i+12, len(src)-1)
		}
		end -= back
		length := end - i
		if length < back || length <= 5 && distance >= maxNear {
			i++
			continue
		}
		if r := i - run; r <= 8 && len(dst)-n >= 16 {
			n = appendShortRun(dst, n, load64(src, run), r)
		} else if n = appendRun(dst, n, src, run, i); n < 0 {
			return 0
		}
		if length < longLength+255 && distance < maxNear && len(dst)-n >= 3 {
			n = appendNearMatch(dst, n, length, distance)
		} else if n = appendMatch(dst, n, length, distance); n < 0 {
			return 0
		}
		t.keep(load32(src, end), base+end)
		i = end + 2
		run = i
	}
	if n = appendRun(dst, n, src, run, len(src)); n < 0 {
		return 0
	}
	dst[0] |= firstRunTag
	return n
}

// swap remembers a position, at which src has the bytes seq, and returns the last such position.
func (t *Table) swap(seq uint32, position int) (last int) {
	slot := &t.last[seq*multiplier>>(32-hashBits)]
	last, *slot = int(*slot), uint32(position)
	return last
}

// keep remembers a position, at which src has the bytes seq, and the next one.
func (t *Table) keep(seq uint32, position int) {
	t.last[seq*multiplier>>(32-hashBits)] = uint32(position)
	t.last[seq>>8*multiplier>>(32-hashBits)] = uint32(position + 1)
}

// zeroBytes returns the number of low bytes of v, which is not 0, that are 0. It is a loop because,
// if its branches are predicted correctly, no later instruction waits for the count. matchEnd,
// which handles the other cases, has fewer branches.
func zeroBytes(v uint64) (n int) {
	for ; byte(v) == 0; v >>= 8 {
		n++
	}
	return n
}

// appendShortRun writes r literals, the first ones of w, after the n bytes in dst. It and
// appendNearMatch are the usual cases of appendRun and appendMatch.
func appendShortRun(dst []byte, n int, w uint64, r int) int {
	d := dst[n : n+9 : n+9]
	d[0] = byte(r - 1)
	binary.LittleEndian.PutUint64(d[1:], w)
	if r == 0 {
		return n
	}
	return n + r + 1
}

func appendNearMatch(dst []byte, n, length, distance int) int {
	d := dst[n : n+3 : n+3]
	d[0] = byte(min(length, longLength)<<5 | distance>>8)
	d[1] = byte(length - longLength)
	n += 2
	if length >= longLength {
		n++
	}
	dst[n-1] = byte(distance)
	return n
}

// With full slice expressions the compiler need not handle empty slices.

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i : i+4 : i+4]) }
func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8 : i+8]) }

// matchEnd compares src at i with src at ref, which is less. It returns the index after the first
// byte that differs, or bound if that is less.
func matchEnd(src []byte, ref, i, bound int) int {
	// Long matches are compared as strings, with vector instructions.
	const step = 256
	for long := i + 32; i < bound-8; {
		if diff := binary.LittleEndian.Uint64(src[i:]) ^ binary.LittleEndian.Uint64(src[ref:]); diff != 0 {
			return i + bits.TrailingZeros64(diff)/8 + 1
		}
		i += 8
		ref += 8
		if i == long {
			for bound-i > step && string(src[i:i+step]) == string(src[ref:ref+step]) {
				i += step
				ref += step
			}
		}
	}
	for i < bound {
		i++
		if src[i-1] != src[ref] {
			break
		}
		ref++
	}
	return i
}

// appendRun writes the literals src[from:to] after the n bytes in dst, and returns the new length, or
// -1 if there is no room. Like BloscLZ, it sometimes requires a byte more than it needs.
func appendRun(dst []byte, n int, src []byte, from, to int) int {
	length := to - from
	if uint(length-1) < maxRun && len(dst)-n > maxRun+2 && len(src)-from >= maxRun {
		// Copying a fixed size needs neither a call nor a loop.
		dst[n] = byte(length - 1)
		*(*[maxRun]byte)(dst[n+1:]) = [maxRun]byte(src[from:])
		return n + 1 + length
	}
	if length == 0 {
		if n == len(dst) {
			return -1
		}
		return n
	}
	if before := length - 1; n+1+before+before/maxRun+2 > len(dst) {
		return -1
	}
	for ; length > 0; length -= maxRun {
		part := min(length, maxRun)
		dst[n] = byte(part - 1)
		copy(dst[n+1:], src[from:from+part])
		n += 1 + part
		from += part
	}
	return n
}

// appendMatch writes a match, given by its length field and its distance less nearest, after the n
// bytes in dst. It returns the new length, or -1 if there is no room.
func appendMatch(dst []byte, n, length, distance int) int {
	if length < longLength+255 && distance < maxNear && len(dst)-n >= 3 {
		// Nearly all matches are of this kind. Without branches, this takes half the time.
		d := dst[n : n+3]
		d[0] = byte(min(length, longLength)<<5 | distance>>8)
		d[1] = byte(length - longLength)
		size := 2
		if length >= longLength {
			size = 3
		}
		d[size-1] = byte(distance)
		return n + size
	}
	extra := 0
	if length >= longLength {
		extra = (length-longLength)/255 + 1
	}
	isFar := distance >= maxNear
	need := 2 + extra
	if isFar {
		need += 2
	}
	if len(dst)-n < need {
		return -1
	}
	high, low := distance>>8, byte(distance)
	if isFar {
		high, low = farHigh, 255
	}
	dst[n] = byte(min(length, longLength)<<5 | high)
	n++
	if extra > 0 {
		last := n + extra - 1
		for ; n < last; n++ {
			dst[n] = 255
		}
		dst[n] = byte((length - longLength) % 255)
		n++
	}
	dst[n] = low
	n++
	if isFar {
		binary.BigEndian.PutUint16(dst[n:], uint16(distance-maxNear))
		n += 2
	}
	return n
}
