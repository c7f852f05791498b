package blosclz

import "encoding/binary"

// Decompress fills dst with what src stands for. It reports false when src is
// no stream, or one of another length; dst is then undefined.
func Decompress(dst, src []byte) bool {
	if len(src) == 0 {
		return false
	}
	in, out := 1, 0
	ctrl := uint(src[0]) & 31
	for {
		if ctrl < maxRun {
			n := int(ctrl) + 1
			if len(src)-in < n || len(dst)-out < n {
				return false
			}
			if len(src)-in >= maxRun && len(dst)-out >= maxRun {
				// A fixed size costs no call, and most runs are short.
				*(*[8]byte)(dst[out:]) = [8]byte(src[in:])
				if n > 8 {
					*(*[24]byte)(dst[out+8:]) = [24]byte(src[in+8:])
				}
			} else {
				copy(dst[out:], src[in:in+n])
			}
			in += n
			out += n
		} else {
			n := int(ctrl>>5) + 2
			distance := int(ctrl&31)<<8 + nearest
			// A stream never ends with a match, so there are more bytes to
			// be had than are looked at.
			if n == longLength+2 {
				more := byte(255)
				for more == 255 {
					if len(src)-in < 2 || n > len(dst)-out {
						return false
					}
					more = src[in]
					in++
					n += int(more)
				}
			}
			if len(src)-in < 2 {
				return false
			}
			low := src[in]
			in++
			distance += int(low)
			if low == 255 && ctrl&31 == farHigh {
				if len(src)-in < 3 {
					return false
				}
				distance = int(binary.BigEndian.Uint16(src[in:])) + maxNear + nearest
				in += 2
			}
			if distance > out || n > len(dst)-out {
				return false
			}
			copyMatch(dst, out, distance, n)
			out += n
		}
		if in == len(src) {
			return out == len(dst)
		}
		ctrl = uint(src[in])
		in++
	}
}

// copyMatch repeats n bytes of dst from distance before out; the caller has
// checked that they are there. It may write past them, within dst.
func copyMatch(dst []byte, out, distance, n int) {
	if n <= 16 && distance >= 8 && len(dst)-out >= 16 {
		from, to := dst[out-distance:out], dst[out:out+16]
		first := binary.LittleEndian.Uint64(from)
		binary.LittleEndian.PutUint64(to, first)
		if n <= 8 {
			return
		}
		// To read what has just been written would wait for it.
		var second uint64
		if distance >= 16 {
			second = binary.LittleEndian.Uint64(from[8:])
		} else {
			second = binary.LittleEndian.Uint64(from[distance-8:])>>(8*(16-distance)) | first<<(8*(distance-8))
		}
		binary.LittleEndian.PutUint64(to[8:], second)
		return
	}
	to := dst[out : out+n]
	// What is there to be repeated doubles with each copy.
	done := copy(to, dst[out-distance:out])
	for done < n {
		done += copy(to[done:], to[:done])
	}
}
