package msgpack

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/run"
)

// maxDepth is an upper bound for the nesting limit: decoding into an any, or by
// reflection, recurses.
const maxDepth = 10_000

// The rules of a scan are those of Python's decoder. For outgoing values they
// include rules that only the sender can check.
type rules struct {
	depth    int   // maximum nesting, including the containers around the value
	elements int   // maximum number of values, keys included
	around   int   // values around this one, which are counted, too
	memory   int64 // maximum memory of the decoded lists and dicts, in bytes
	outgoing bool  // refuse negative extension codes and the key "__type__"
}

// A level of the scan holds the number of values left in a list or dict, and
// their role: level = left<<2 | state.
type level uint64

const (
	inList    level = iota // elements of a list
	inDict                 // keys and values alternately; if an odd number is left, the value taken last is a key
	inKey                  // elements of a list that is a dict's key
	stateMask level = 3
)

// scan checks the value at b[i:] before any part of it is decoded, and returns
// the index after it. depth is the nesting around it. It does not recurse, and
// allocates memory only to report an error or for unusually deep nesting.
//
// It is one long function because it took 7 % longer when it was split: then
// cur, budget and memory are not kept in registers.
func scan(b []byte, i, depth int, r rules) (end int, err *codec.DecodeError) {
	var few [8]level
	stack := few[:0]
	budget, memory := r.elements-r.around-1, r.memory
	if budget < 0 {
		return i, malformed(i, fmt.Sprintf("more than %d values", r.elements))
	}
	cur := 1<<2 | inList //nolint:staticcheck // one value left, in a list; that inList is 0 is a coincidence
	for {
		for cur>>2 == 0 {
			if len(stack) == 0 {
				return i, nil
			}
			cur = stack[len(stack)-1]
			stack = stack[:len(stack)-1]
		}
		cur -= 1 << 2
		if i >= len(b) {
			return i, truncated(i)
		}
		c := b[i]
		// The processor can predict these branches, but not a size that is read from
		// a table.
		if c < codeFixMap || c >= codeNegative {
			i++
			continue
		}
		if c == codeFloat64 && len(b)-i >= 9 {
			i += 9
			for cur>>2 != 0 && len(b)-i >= 9 && b[i] == codeFloat64 {
				i += 9
				cur -= 1 << 2
			}
			continue
		}
		if n := int(c & 0x1f); c>>5 == codeFixStr>>5 && n < len(b)-i && !r.outgoing && isASCII(b[i+1:], n) {
			i += 1 + n
			// Skip all following pairs of a short key and a float.
			for cur>>2 != 0 && len(b)-i > 9 && b[i] == codeFloat64 {
				i += 9
				cur -= 1 << 2
				c, n = b[i], int(b[i]&0x1f)
				if cur>>2 == 0 || c>>5 != codeFixStr>>5 || n >= len(b)-i || !isASCII(b[i+1:], n) {
					break
				}
				i += 1 + n
				cur -= 1 << 2
			}
			continue
		}
		h := heads[c]
		if h.wide != 0 {
			var ok bool
			if h, ok = readWide(b[i:], h); !ok {
				return i, badHead(c, i)
			}
		} else if int(h.size) > len(b)-i {
			return i, truncated(i)
		}
		start := i
		i += int(h.size)
		if uint64(h.n) > uint64(len(b)-i) {
			return i, malformed(start, fmt.Sprintf("length %d, but only %d bytes follow", h.n, len(b)-i))
		}
		n := int(h.n)
		switch h.kind {
		case codec.KindString:
			s := b[i : i+n]
			if !run.Valid(unsafe.String(unsafe.SliceData(s), n)) {
				return i, malformed(i, "str is not valid UTF-8")
			}
			if r.outgoing && cur&stateMask == inDict && isKey(cur) && string(s) == codec.TypeKey {
				return i, malformed(i, `the key "__type__" is reserved for custom types`)
			}
			i += n
		case codec.KindBytes:
			i += n
		case codec.KindExt:
			if r.outgoing && b[i-1] > 0x7f {
				return i, malformed(i, fmt.Sprintf("extension type %d: Python reads only 0 to 127", int8(b[i-1])))
			}
			i += n
		case codec.KindList, codec.KindDict:
			next := inList
			if h.kind == codec.KindDict {
				next = inDict
				memory -= dictMemory(n)
				if isKey(cur) && (n != 1 || !atTypeKey(b, i)) {
					return i, malformed(i, "a dict is the key of a dict")
				}
				if n > (len(b)-i)/2 {
					return i, truncated(i)
				}
				n *= 2
			} else {
				if isKey(cur) {
					next = inKey
				}
				memory -= listMemory(n)
			}
			if budget -= n; budget < 0 {
				return i, malformed(i, fmt.Sprintf("more than %d values", r.elements))
			}
			if memory < 0 {
				return i, malformed(start, fmt.Sprintf("so many small lists and dicts that they need more than %d bytes of memory", r.memory))
			}
			if len(stack)+depth >= r.depth {
				return i, tooDeep(i, r.depth)
			}
			if n == 0 {
				continue
			}
			stack = append(stack, cur)
			cur = level(n)<<2 | next
		}
	}
}

// isASCII reports whether the first n bytes of b, fewer than 32, are ASCII. It
// is for short keys, which are frequent, and takes a fraction of the time of
// utf8.Valid.
func isASCII(b []byte, n int) bool {
	const highs = 0x8080808080808080
	if m := &asciiMasks[n&31]; len(b) >= 32 {
		seen := binary.LittleEndian.Uint64(b)&m[0] | binary.LittleEndian.Uint64(b[8:])&m[1]
		if n > 16 {
			seen |= binary.LittleEndian.Uint64(b[16:])&m[2] | binary.LittleEndian.Uint64(b[24:])&m[3]
		}
		return seen == 0
	}
	var seen uint64
	for ; n >= 8; n -= 8 {
		seen |= binary.LittleEndian.Uint64(b)
		b = b[8:]
	}
	if len(b) >= 8 {
		seen |= binary.LittleEndian.Uint64(b) << (64 - 8*n)
	} else {
		for _, c := range b[:n] {
			seen |= uint64(c)
		}
	}
	return seen&highs == 0
}

// asciiMasks[n] has the high bits of the first n of 32 bytes.
var asciiMasks = func() (t [32][4]uint64) {
	for n := range t {
		for i := range n {
			t[n][i/8] |= 0x80 << (i % 8 * 8)
		}
	}
	return t
}()

// isKey reports whether the value just taken from l is a key or part of one.
func isKey(l level) bool {
	switch l & stateMask {
	case inDict:
		return l>>2&1 == 1
	case inKey:
		return true
	default:
		return false
	}
}

// atTypeKey reports whether the value at b[i:] is the str "__type__". A dict of
// one entry with this key is a custom type, which can be a key in Python.
func atTypeKey(b []byte, i int) bool {
	const key = "\xa8" + codec.TypeKey
	return len(b)-i >= len(key) && string(b[i:i+len(key)]) == key
}

func badHead(c byte, i int) *codec.DecodeError {
	if c == codeNever {
		return malformed(i, "invalid byte c1")
	}
	return truncated(i)
}

func tooDeep(i, limit int) *codec.DecodeError {
	return malformed(i, fmt.Sprintf("nested deeper than %d", limit))
}

func truncated(i int) *codec.DecodeError { return malformed(i, "unexpected end") }

func malformed(i int, reason string) *codec.DecodeError {
	return &codec.DecodeError{Offset: i, Reason: reason}
}
