package msgpack

import (
	"encoding/binary"

	"github.com/aiomas-go/aiomas-go/codec"
)

// head is the information in the lead byte of an encoded value and the length
// that follows it.
type head struct {
	kind codec.Kind
	size uint8  // bytes of a scalar; else bytes before the data or the first element
	wide uint8  // bytes of n that follow the lead byte
	n    uint32 // bytes of data (str, bytes, ext), elements (list) or pairs (dict)
}

// readHead reads the head at b[i:]. The caller must check n against the number
// of bytes available. It returns false if b ends within the head, and for the
// one lead byte that has no meaning.
func readHead(b []byte, i int) (head, bool) {
	if i >= len(b) {
		return head{}, false
	}
	h := heads[b[i]]
	if h.wide != 0 {
		return readWide(b[i:], h)
	}
	return h, int(h.size) <= len(b)-i
}

// readWide is a separate function so that readHead can be inlined.
func readWide(b []byte, h head) (head, bool) {
	if int(h.size) > len(b) {
		return h, false
	}
	switch h.wide {
	case 1:
		h.n = uint32(b[1])
	case 2:
		h.n = uint32(binary.BigEndian.Uint16(b[1:]))
	case 4:
		h.n = binary.BigEndian.Uint32(b[1:])
	default:
		return h, false
	}
	return h, true
}

// heads has the head for each lead byte.
var heads = func() (t [256]head) {
	for c := range t {
		switch {
		case c < codeFixMap || c >= codeNegative:
			t[c] = head{kind: codec.KindInt, size: 1}
		case c < codeFixArray:
			t[c] = head{kind: codec.KindDict, size: 1, n: uint32(c & 0x0f)}
		case c < codeFixStr:
			t[c] = head{kind: codec.KindList, size: 1, n: uint32(c & 0x0f)}
		case c < codeNil:
			t[c] = head{kind: codec.KindString, size: 1, n: uint32(c & 0x1f)}
		}
	}
	t[codeNil] = head{kind: codec.KindNull, size: 1}
	t[codeNever] = head{wide: never}
	t[codeFalse] = head{kind: codec.KindBool, size: 1}
	t[codeTrue] = head{kind: codec.KindBool, size: 1}
	t[codeFloat32] = head{kind: codec.KindFloat, size: 5}
	t[codeFloat64] = head{kind: codec.KindFloat, size: 9}
	for k := range 4 { // 1, 2, 4, 8 bytes
		t[codeUint8+k] = head{kind: codec.KindInt, size: 1 + 1<<k}
		t[codeInt8+k] = head{kind: codec.KindInt, size: 1 + 1<<k}
	}
	for k := range 5 { // 1, 2, 4, 8, 16 bytes of data after the type
		t[codeFixExt1+k] = head{kind: codec.KindExt, size: 2, n: 1 << k}
	}
	for k := range 3 { // 1, 2, 4 bytes of length
		w := uint8(1) << k
		t[codeBin8+k] = head{kind: codec.KindBytes, size: 1 + w, wide: w}
		t[codeExt8+k] = head{kind: codec.KindExt, size: 2 + w, wide: w}
		t[codeStr8+k] = head{kind: codec.KindString, size: 1 + w, wide: w}
		if k > 0 {
			t[codeArray16+k-1] = head{kind: codec.KindList, size: 1 + w, wide: w}
			t[codeMap16+k-1] = head{kind: codec.KindDict, size: 1 + w, wide: w}
		}
	}
	return t
}()

// never is the width of the lead byte that has no meaning.
const never = 255

// tokenEnd returns the index after the token at b[i:]: a scalar with its
// bytes, or the header of a list or dict. It returns false for malformed
// bytes.
func tokenEnd(b []byte, i int) (end int, h head, ok bool) {
	h, ok = readHead(b, i)
	if !ok {
		return i, h, false
	}
	end = i + int(h.size)
	rest, n := uint64(len(b)-end), uint64(h.n)
	switch h.kind {
	case codec.KindString, codec.KindBytes, codec.KindExt:
		if n > rest {
			return i, h, false
		}
		end += int(n)
	case codec.KindList:
		ok = n <= rest
	case codec.KindDict:
		ok = 2*n <= rest
	}
	return end, h, ok
}

// skip returns the index after the value at b[i:]. It checks only lengths, and
// is safe on any bytes.
func skip(b []byte, i int) (end int, ok bool) {
	for left := uint64(1); left > 0; left-- {
		var h head
		if i, h, ok = tokenEnd(b, i); !ok {
			return i, false
		}
		switch h.kind {
		case codec.KindList:
			left += uint64(h.n)
		case codec.KindDict:
			left += 2 * uint64(h.n)
		}
	}
	return i, true
}
