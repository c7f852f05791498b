package msgpack

import (
	"encoding/binary"
	"math"

	"github.com/aiomas-go/aiomas-go/codec"
)

// normalize appends the value b in the forms that Python writes: smallest ints
// and headers, float64. Other encoders choose others for the same value. b has
// been scanned.
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
		case codec.KindFloat:
			if b[i] == codeFloat32 {
				f := math.Float32frombits(binary.BigEndian.Uint32(b[i+1:]))
				dst = appendFloat(dst, float64(f))
			} else {
				dst = append(dst, b[i:end]...)
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
