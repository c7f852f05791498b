package msgpack

import "github.com/aiomas-go/aiomas-go/codec"

// normalize appends the value b with the smallest ints and headers, as Python
// writes them; other encoders may write longer forms of the same value. A
// float32 is not changed: Python reads it, and vmihailenco/msgpack does not
// accept a float64 in its place. b must have been scanned.
func normalize(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		end, h, ok := tokenEnd(b, i)
		if !ok {
			return append(dst, b[i:]...)
		}
		start, n := i+int(h.size), int(h.n)
		switch h.kind {
		case codec.KindInt:
			if u, neg := intAt(b, i); neg {
				dst = appendInt(dst, int64(u))
			} else {
				dst = appendUint(dst, u)
			}
		case codec.KindString:
			dst = append(appendStrHeader(dst, n), b[start:end]...)
		case codec.KindBytes:
			dst = append(appendBinHeader(dst, n), b[start:end]...)
		case codec.KindExt:
			dst = append(appendExtHeader(dst, int8(b[start-1]), n), b[start:end]...)
		case codec.KindList:
			dst = appendArrayHeader(dst, n)
		case codec.KindDict:
			dst = appendMapHeader(dst, n)
		default:
			dst = append(dst, b[i:end]...)
		}
		i = end
	}
	return dst
}
