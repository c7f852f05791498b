package blosclz

import "encoding/binary"

// Decompress decompresses src into dst. It returns false if src is not a stream for len(dst) bytes;
// dst is then undefined.
func Decompress(dst, src []byte) bool {
	if len(src) == 0 {
		return false
	}
	in, out := 1, 0
	for ctrl := int(src[0]) & (maxRun - 1); ; in, ctrl = in+1, int(src[in]) {
		if ctrl < maxRun {
			n := ctrl + 1
			if len(src)-in < n || len(dst)-out < n {
				return false
			}
			// Most runs are short, and copying a fixed size needs no call.
			if n <= 8 && len(src)-in >= 8 && len(dst)-out >= 8 {
				put64(dst, out, load64(src, in))
			} else {
				copy(dst[out:], src[in:in+n])
			}
			in += n
			out += n
			if in == len(src) {
				return out == len(dst)
			}
		} else {
			n := ctrl>>5 + 2
			distance := ctrl&31<<8 + nearest
			if n == longLength+2 {
				if n, in = longMatch(src, in, len(dst)-out); n == 0 {
					return false
				}
			}
			if len(src)-in < 2 { // a stream never ends with a match, so more bytes follow
				return false
			}
			distance += int(src[in])
			in++
			if distance == maxNear+nearest {
				if len(src)-in < 3 {
					return false
				}
				distance += int(binary.BigEndian.Uint16(src[in:]))
				in += 2
			}
			if distance > out || n > len(dst)-out {
				return false
			}
			if n <= 16 && distance >= 8 && len(dst)-out >= 16 {
				first := load64(dst, out-distance)
				put64(dst, out, first)
				if n > 8 {
					put64(dst, out+8, after(dst, first, out, distance))
				}
			} else {
				repeat(dst[out:out+n], dst[out-distance:out])
			}
			out += n
		}
	}
}

// longMatch returns the length of a long match, which continues at src[in:], and the index after it;
// 0 if that is too long.
func longMatch(src []byte, in, most int) (n, end int) {
	n = longLength + 2
	for more := byte(255); more == 255; in++ {
		if len(src)-in < 2 || n > most {
			return 0, in
		}
		more = src[in]
		n += int(more)
	}
	return n, in
}

func put64(b []byte, i int, v uint64) { binary.LittleEndian.PutUint64(b[i:i+8:i+8], v) }

// after returns the eight bytes of a match that follow its first eight. It computes bytes that have
// just been written instead of reading them, since a read would wait for the write.
func after(dst []byte, first uint64, out, distance int) uint64 {
	if distance >= 16 {
		return load64(dst, out-distance+8)
	}
	return load64(dst, out-8)>>(8*(16-distance)) | first<<(8*(distance-8))
}

// repeat fills dst with repetitions of part.
func repeat(dst, part []byte) {
	// Each copy doubles the source of the next one.
	done := copy(dst, part)
	for done < len(dst) {
		done += copy(dst[done:], dst[:done])
	}
}
