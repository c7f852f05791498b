package msgpack

import (
	"bytes"
	"cmp"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// compareKeys orders two encoded keys by value: None, numbers (True, 1 and 1.0
// are equal), text, bytes, lists by their elements, extensions, and custom
// types by their encoded data.
func compareKeys(a, b []byte) int {
	var i, j int
	for i < len(a) && j < len(b) {
		endA, x, okA := tokenEnd(a, i)
		endB, y, okB := tokenEnd(b, j)
		if !okA || !okB { // cannot happen: this package has written the keys
			break
		}
		if c := cmp.Compare(keyRank(x.kind), keyRank(y.kind)); c != 0 {
			return c
		}
		c := 0
		switch x.kind {
		case codec.KindInt:
			if y.kind == codec.KindInt {
				c = compareInts(a, i, b, j)
				break
			}
			fallthrough
		case codec.KindBool, codec.KindFloat:
			c = walk.CompareNumbers(numberAt(a, i), numberAt(b, j))
		case codec.KindList, codec.KindDict:
			c = cmp.Compare(x.n, y.n)
		default:
			c = bytes.Compare(a[i+int(x.size):endA], b[j+int(y.size):endB])
			if c == 0 && x.kind == codec.KindExt {
				c = cmp.Compare(a[i+int(x.size)-1], b[j+int(y.size)-1])
			}
		}
		if c != 0 {
			return c
		}
		i, j = endA, endB
	}
	return cmp.Compare(len(a)-i, len(b)-j)
}

func compareInts(a []byte, i int, b []byte, j int) int {
	x, negX := intAt(a, i)
	y, negY := intAt(b, j)
	switch {
	case negX != negY && negX:
		return -1
	case negX != negY:
		return 1
	}
	return cmp.Compare(x, y) // compares the bits, also if both are negative
}

// keyRank returns the kind of a key, the same for all kinds of numbers.
func keyRank(k codec.Kind) codec.Kind {
	if k == codec.KindBool || k == codec.KindFloat {
		return codec.KindInt
	}
	return k
}

// numberAt decodes the number or bool at b[i:].
func numberAt(b []byte, i int) any {
	switch heads[b[i]].kind {
	case codec.KindBool:
		return b[i] == codeTrue
	case codec.KindFloat:
		x, _ := (&decoder{b: b, i: i}).Float64()
		return x
	}
	u, neg := intAt(b, i)
	if neg {
		return int64(u)
	}
	return u
}
