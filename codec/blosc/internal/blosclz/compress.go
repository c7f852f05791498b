package blosclz

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The choices of BloscLZ 2.5.1 at its highest level, which is the one that
// Python uses: with the same choices the bytes are the same.
const (
	hashBits  = 14
	minInput  = 16 // shorter input is not compressed
	minOutput = 66 // nor is any into less room
	margin    = 12 // bytes at the end in which no match begins
	firstRun  = 4  // literals at the start in which no match begins
)

// Table is the memory that Compress needs. It may be used again.
type Table struct {
	// last has the last position of four bytes with that hash. Positions count
	// on from one stream to the next, with a gap between streams, so that those
	// of earlier streams are too far away to be looked at: to clear the table
	// takes longer than to compress a few KB.
	last  [1 << hashBits]uint32
	base  uint32                 // the position where the next stream begins
	probe [1 << probeBits]uint32 // the same for estimate
}

// longStream is the length from which on a clear table pays: for the processor
// there is nothing to predict in it.
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

// Compress fills dst with a stream for src and returns its length. It returns 0
// if compressing src seems not worthwhile, or if the stream does not fit dst.
// many reports whether src is one of several streams of a block.
func (t *Table) Compress(dst, src []byte, many bool) int {
	from, to := Sample(len(src))
	in, out := t.estimate(src[from:to], t.begin(to-from))
	if in < out || len(src) < minInput || len(dst) < minOutput {
		return 0
	}
	base := t.begin(len(src))
	// A match is written shorter by some bytes than it is and the search goes
	// on within it: that finds more of the long ones. shortest is what the
	// length field must at least be.
	back, shortest := 4, 4
	if !many || in < 4*out {
		back, shortest = 3, 3
	}

	t.last[load32(src, 0)*multiplier>>(32-hashBits)] = uint32(base)
	bound := len(src) - 1
	limit := len(src) - margin
	n := 0   // bytes written
	run := 0 // the start of the literals to be written
	for i := firstRun; i < limit; {
		seq := load32(src, i)
		slot := &t.last[seq*multiplier>>(32-hashBits)]
		ref := int(*slot) - base
		*slot = uint32(base + i)
		distance := i - ref - nearest
		// Whether a position is of this stream cannot be predicted, whether
		// there is a match can: so what is too far away is compared, too, if
		// only with the first bytes.
		ref &= (distance - (maxFar - nearest)) >> (bits.UintSize - 1)
		if load32(src, ref) != seq || distance >= maxFar-nearest {
			i++
			continue
		}
		end := i + 4
		if diff := load64(src, end) ^ load64(src, ref+4); diff != 0 {
			// Nothing that follows has to wait for a count that is predicted
			// right. matchEnd does it with less branches, for others.
			end++
			for byte(diff) == 0 {
				diff >>= 8
				end++
			}
		} else {
			end = matchEnd(src, ref+12, i+12, bound)
		}
		end -= back
		length := end - i
		if length < shortest || length <= 5 && distance >= maxNear {
			i++
			continue
		}

		// What is short, near and with room around is written right here.
		if r := i - run; r <= 8 && len(dst)-n >= 16 {
			d := dst[n : n+9 : n+9]
			d[0] = byte(r - 1)
			binary.LittleEndian.PutUint64(d[1:], load64(src, run))
			n += r + 1
			if r == 0 {
				n--
			}
		} else if n = appendRun(dst, n, src, run, i); n < 0 {
			return 0
		}
		if length < longLength+255 && distance < maxNear && len(dst)-n >= 3 {
			d := dst[n : n+3 : n+3]
			d[0] = byte(min(length, longLength)<<5 | distance>>8)
			d[1] = byte(length - longLength)
			n += 2
			if length >= longLength {
				n++
			}
			dst[n-1] = byte(distance)
		} else if n = appendMatch(dst, n, length, distance); n < 0 {
			return 0
		}
		seq = load32(src, end)
		t.last[seq*multiplier>>(32-hashBits)] = uint32(base + end)
		t.last[seq>>8*multiplier>>(32-hashBits)] = uint32(base + end + 1)
		i = end + 2
		run = i
	}
	if n = appendRun(dst, n, src, run, len(src)); n < 0 {
		return 0
	}
	dst[0] |= firstRunTag
	return n
}

// The full slice expressions spare the compiler to care for empty ones.

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i : i+4 : i+4]) }
func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8 : i+8]) }

// matchEnd compares src at i with src at ref, which is before it. It returns
// the index after the first byte that differs, bound if that is not before it.
func matchEnd(src []byte, ref, i, bound int) int {
	// What turns out to be long is compared as strings, in wide registers.
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

// appendRun writes the literals src[from:to] behind the n bytes in dst and
// returns how many there are now, or -1 when there is no room. What counts as
// room is a byte more than is needed here and there, as it is with BloscLZ.
func appendRun(dst []byte, n int, src []byte, from, to int) int {
	length := to - from
	if uint(length-1) < maxRun && len(dst)-n > maxRun+2 && len(src)-from >= maxRun {
		// A fixed size costs neither call nor loop.
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

// appendMatch writes a match by its length field and its distance less
// nearest, behind the n bytes in dst. It returns how many there are now, or -1
// when there is no room.
func appendMatch(dst []byte, n, length, distance int) int {
	if length < longLength+255 && distance < maxNear && len(dst)-n >= 3 {
		// Nearly all are so. Without branches it is half the time.
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
