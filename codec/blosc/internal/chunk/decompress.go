package chunk

import "github.com/aiomas-go/aiomas-go/codec/blosc/internal/shuffle"

// Open returns the data of the chunk. If the chunk is stored, the data are part
// of chunk itself; otherwise Open is like [Decompress].
func Open(chunk []byte, limit int64) ([]byte, error) {
	data, _, err := OpenIn(chunk, limit, func(int) []byte { return nil })
	return data, err
}

// OpenIn is Open, but puts data that are not part of chunk into the memory that the
// function returns for their size, unless that is nil. It also reports whether the
// data are not part of chunk.
func OpenIn(chunk []byte, limit int64, memory func(size int) []byte) (data []byte, own bool, err error) {
	h, err := open(chunk, limit)
	if err != nil {
		return nil, false, err
	}
	if h.stored() {
		return chunk[headerSize:len(chunk):len(chunk)], false, nil
	}
	data, err = h.decompress(memory(h.size)[:0], chunk)
	return data, true, err
}

// Decompress appends the data of the chunk to dst. If the data are longer than
// limit bytes, it returns an error before it allocates memory. The error is an
// [*Error]; then dst is returned unchanged.
func Decompress(dst, chunk []byte, limit int64) ([]byte, error) {
	h, err := open(chunk, limit)
	if err != nil {
		return dst, err
	}
	if h.stored() {
		return append(dst, chunk[headerSize:]...), nil
	}
	return h.decompress(dst, chunk)
}

func open(chunk []byte, limit int64) (header, error) {
	h, err := parseHeader(chunk)
	if err == nil && int64(h.size) > limit {
		err = bad(4, "a Blosc chunk of %d bytes of data, more than %d", h.size, limit)
	}
	return h, err
}

// decompress appends the data of the chunk, which is not stored, to dst.
func (h header) decompress(dst, chunk []byte) ([]byte, error) {
	l, err := parseLayout(h, chunk)
	if err != nil {
		return dst, err
	}
	// First, memory is allocated for the data that the chunk is likely to hold.
	// More is allocated only once that much has been decompressed.
	out := dst
	for done, room := 0, freely+freeRatio*int64(len(chunk)); done < h.blocks; room = 4 * room {
		n, end := h.blocks, h.size
		if room < int64(h.size) {
			if n = max(int(room)/h.blockSize, done+1); n < h.blocks {
				end = n * h.blockSize
			}
		}
		size := end - done*h.blockSize
		out = reserve(out, size)
		if err := l.decompressBlocks(out[len(out):len(out)+size], done, n); err != nil {
			return dst, err
		}
		out = out[:len(out)+size]
		done = n
	}
	return out, nil
}

// The memory allocated before anything is decompressed: freely bytes, and
// freeRatio times the size of the chunk.
const (
	freely    = int64(64 << 10)
	freeRatio = 16
)

// reserve returns b with room for n more bytes.
func reserve(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	bigger := make([]byte, len(b), len(b)+n)
	copy(bigger, b)
	return bigger
}

// decompressBlocks fills dst with the data of blocks i to end-1.
func (l layout) decompressBlocks(dst []byte, i, end int) error {
	return inParallel(end-i, len(dst), func(k int) error {
		at := k * l.blockSize
		return l.decompressBlock(dst[at:at+l.block(i+k)], i+k)
	})
}

// decompressBlock fills dst with the data of block i.
func (l layout) decompressBlock(dst []byte, i int) error {
	byBytes := l.flags&flagBytes != 0 && l.typesize > 1
	byBits := !byBytes && l.flags&flagBits != 0 && len(dst) >= l.typesize
	at, splits := l.start(i), l.splits(i)
	n := len(dst) / splits
	if !byBytes && !byBits {
		for j := range splits {
			part := dst[j*n:][:n]
			data, end, err := l.read(part, at)
			if err != nil {
				return err
			}
			copy(part, data)
			at = end
		}
		return nil
	}

	// A stream that is not compressed is used directly as one row, or as all rows.
	s := newScratch()
	defer s.free()
	rows := s.rows[:l.typesize]
	var tail []byte
	if splits > 1 {
		buf := s.room(splits * (n + rowGap))
		for j := range rows {
			data, end, err := l.read(buf[j*(n+rowGap):][:n], at)
			if err != nil {
				return err
			}
			rows[j] = data
			at = end
		}
	} else {
		data, _, err := l.read(s.room(n), at)
		if err != nil {
			return err
		}
		tail = cut(rows, data)
	}
	unshuffle(dst, rows, tail, byBits)
	return nil
}

// read returns the decompressed data of the stream at the given offset, and the
// offset after it. It decompresses into buf, which has the right length; a
// stream that is not compressed is returned itself.
func (l layout) read(buf []byte, at int) (data []byte, end int, err error) {
	stream, end := l.stream(at)
	if len(stream) == len(buf) {
		return stream, end, nil
	}
	if f := l.format(); !f.decompress(buf, stream) {
		return nil, 0, bad(at, "a malformed %s stream", f.name)
	}
	return buf, end, nil
}

// cut divides data into rows of equal length, and returns the rest.
func cut(rows [][]byte, data []byte) (tail []byte) {
	n := len(data) / len(rows)
	for j := range rows {
		rows[j], data = data[:n], data[n:]
	}
	return data
}

// unshuffle fills dst with the elements of rows, followed by tail.
func unshuffle(dst []byte, rows [][]byte, tail []byte, byBits bool) {
	n := len(rows[0])
	whole := dst[:n*len(rows)]
	switch {
	case !byBits:
		shuffle.Unbytes(whole, rows)
	case n%8 == 0:
		shuffle.Unbits(whole, rows)
	default: // the bit shuffle does not apply to other numbers of elements
		for j, row := range rows {
			copy(whole[j*n:], row)
		}
	}
	copy(dst[len(whole):], tail)
}
