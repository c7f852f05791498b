package blosclz

const probeBits = 12

// estimate guesses how src will be compressed, from the first bytes of it: in
// bytes of input become out bytes of output. It is a dry run with a small
// table of its own, and needs positions from base on.
func (t *Table) estimate(src []byte, base int) (in, out int) {
	const back, shortest = 3, 3
	src = src[:min(len(src), len(t.probe))]
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
		if uint(i-ref-nearest) < maxFar-nearest && load32(src, ref) == seq {
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
