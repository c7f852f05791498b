package msgpack

import (
	"slices"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// A Go map must be written in the order of its keys, and ranging over it and
// sorting costs more than all the rest. But the dicts of one message, and of
// the messages of one program, have few sets of keys. A shape is such a set,
// sorted and encoded; if a map has as many entries as a shape and every key of
// it, then the shape is its set of keys. This made the encoding of a nested
// map of floats 2 to 3 times as fast.
type shape struct {
	keys   []shapeKey
	text   []byte // the dict's header, then the encoded keys, each with a float after it
	floats bool   // the last map had nothing but floats
	busy   bool   // a map around the current one is being written by it
}

// shapeKey is a key and where it ends in the text and the float begins. The
// string is the user's own: maps that were built alike share theirs, which are
// then found without comparing them. That was a sixth of the time.
type shapeKey struct {
	name string
	end  uint32
}

// scratch is the memory that encoding maps needs.
type scratch struct {
	pairs  []pair // of the map that is being written and, before them, of those around it
	shapes [shapeCount]shape
}

// pair is an entry of a map on its way into sorted order. Taking the value
// along saves looking it up again.
type pair struct {
	key   string
	value any
}

const (
	shapeCount   = 32
	maxShape     = 256      // entries of the largest map that is remembered
	maxShapeText = 64 << 10 // bytes of its keys
	maxPairs     = 4096     // that the pool keeps, of 32 bytes each
)

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// release gives s back, all of whose pairs have been cleared.
func (s *scratch) release() {
	if cap(s.pairs) > maxPairs {
		s.pairs = nil
	}
	scratches.Put(s)
}

// shapeFor returns the place of the shape that a map of n entries at a depth
// probably has, or nil.
func (s *scratch) shapeFor(n, depth int) *shape {
	if n > maxShape {
		return nil
	}
	sh := &s.shapes[uint(n+11*depth)%shapeCount]
	if sh.busy {
		return nil
	}
	return sh
}

// match appends the values of m in the order of the keys if m has the keys of
// sh.
func (sh *shape) match(list []pair, m map[string]any) ([]pair, bool) {
	start, n := len(list), len(sh.keys)
	if len(m) != n {
		return list, false
	}
	list = slices.Grow(list, n)[:start+n]
	values := list[start:]
	for i := range values {
		v, ok := m[sh.keys[i].name]
		if !ok {
			clear(values[:i])
			return list[:start], false
		}
		values[i].value = v
	}
	return list, true
}

// forget makes sh the shape of no map.
func (sh *shape) forget() {
	clear(sh.keys)
	sh.keys, sh.floats = sh.keys[:0], false
}

// remember makes sh the shape of n sorted keys. It returns false if they are too
// long for that.
func (sh *shape) remember(n int, key func(i int) string) (bool, error) {
	sh.forget()
	for i := range n {
		sh.keys = append(sh.keys, shapeKey{name: key(i)})
	}
	text := appendMapHeader(sh.text[:0], len(sh.keys))
	for i := range sh.keys {
		k := &sh.keys[i]
		if len(text)+len(k.name) > maxShapeText {
			sh.forget()
			return false, nil
		}
		var err error
		if text, err = appendKeyStr(text, k.name); err != nil {
			sh.forget()
			return false, err
		}
		k.end = uint32(len(text))
		text = append(text, codeFloat64, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	sh.text = text
	return true, nil
}

// appendKeyStr writes a key of a user's dict.
func appendKeyStr(b []byte, key string) ([]byte, error) {
	if err := walk.CheckKey(key); err != nil {
		return b, err
	}
	b, err := appendStr(b, key)
	if err != nil {
		return b, codec.At(err, "key")
	}
	return b, nil
}
