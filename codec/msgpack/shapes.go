package msgpack

import (
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
	keys []shapeKey
	text []byte // the encoded keys; no string of the user's is kept alive
	busy bool   // a map around the current one is being written by it
}

// shapeKey is the place of a key in the text: its characters go from start to
// end, its header comes before them.
type shapeKey struct{ start, end int }

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
	shapeCount = 32
	maxShape   = 256  // entries of the largest map that is remembered
	maxPairs   = 4096 // that the pool keeps, of 32 bytes each
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
	if len(m) != len(sh.keys) {
		return list, false
	}
	start := len(list)
	for i := range sh.keys {
		k := sh.keys[i]
		v, ok := m[string(sh.text[k.start:k.end])]
		if !ok {
			return list[:start], false
		}
		list = append(list, pair{value: v})
	}
	return list, true
}

// learn makes sh the shape of a map with the sorted entries of list.
func (sh *shape) learn(list []pair) error {
	sh.keys, sh.text = sh.keys[:0], sh.text[:0]
	for i := range list {
		k := list[i].key
		var err error
		if sh.text, err = appendKeyStr(sh.text, k); err != nil {
			sh.keys = sh.keys[:0]
			return err
		}
		sh.keys = append(sh.keys, shapeKey{len(sh.text) - len(k), len(sh.text)})
	}
	return nil
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
