package blosclz

import "math/bits"

const probeBits = 12

// Sample returns the range of a stream of n bytes that Compress examines to decide whether to
// compress it.
func Sample(n int) (from, to int) {
	from = n - n/4
	return from, min(n, from+1<<probeBits)
}

// Pays reports whether Compress tries to compress a stream with this Sample. If it returns false, a
// long stream is not compressed.
func (t *Table) Pays(sample []byte) bool {
	in, out := t.estimate(sample, t.begin(len(sample)))
	return in >= out
}

// estimate estimates the compression of a stream from a sample of it: in bytes of input become out
// bytes of output. It is a dry run with a small table of its own, and uses positions from base on.
func (t *Table) estimate(src []byte, base int) (in, out int) {
	const back, shortest = 3, 3
	bound := len(src) - 1
	limit := len(src) - margin
	run := firstRun // literals since the last control byte
	i, out := 0, firstRun+1
	for i < limit {
		seq := load32(src, i)
		slot := &t.probe[seq*multiplier>>(32-probeBits)]
		ref := int(*slot) - base
		*slot = uint32(base + i)
		length := 0
		// As in Compress, positions that are too far away are compared, too.
		distance := i - ref - nearest
		ref &= (distance - (maxFar - nearest)) >> (bits.UintSize - 1)
		if load32(src, ref) == seq && uint(distance) < maxFar-nearest {
			length = matchEnd(src, ref+4, i+4, bound) - back - i
		}
		if length < shortest {
			i++
			out++
			if run++; run == maxRun {
				run = 0
				out++
			}
			continue
		}
		if run == 0 {
			out--
		}
		run = 0
		if length >= longLength {
			out += (length-longLength)/255 + 1
		}
		out += 3 // the match and the next control byte
		i += length
		seq = load32(src, i)
		t.probe[seq*multiplier>>(32-probeBits)] = uint32(base + i)
		i += 2
	}
	return i, out
}
