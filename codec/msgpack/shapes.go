package msgpack

import (
	"encoding/binary"
	"math"
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
	text   []byte // the encoded keys, each with a float after it
	floats bool   // the last map had nothing but floats
	busy   bool   // a map around the current one is being written by it
}

// shapeKey is a key and where it ends in the text and the float begins. The
// string is the user's own: maps that were built alike share theirs, which are
// then found without comparing them. That was a sixth of the time.
type shapeKey struct {
	name string
	end  int
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
		v, ok := m[sh.keys[i].name]
		if !ok {
			return list[:start], false
		}
		list = append(list, pair{value: v})
	}
	return list, true
}

// appendFloats writes m if it has the keys of sh and nothing but floats: all
// keys at once, then the floats in between.
func (sh *shape) appendFloats(b []byte, m map[string]any) ([]byte, bool) {
	if len(m) != len(sh.keys) {
		return b, false
	}
	start := len(b)
	b = append(b, sh.text...)
	out := b[start:]
	for _, k := range sh.keys {
		x, ok := m[k.name].(float64)
		if !ok {
			return b[:start], false
		}
		putFloat(out, k, x)
	}
	return b, true
}

// appendFloatMap does the same for another type of map.
func (sh *shape) appendFloatMap(b []byte, m map[string]float64) ([]byte, bool) {
	if len(m) != len(sh.keys) {
		return b, false
	}
	start := len(b)
	b = append(b, sh.text...)
	out := b[start:]
	for _, k := range sh.keys {
		x, ok := m[k.name]
		if !ok {
			return b[:start], false
		}
		putFloat(out, k, x)
	}
	return b, true
}

// putFloat writes the value of the key k into a copy of the text.
func putFloat(text []byte, k shapeKey, x float64) {
	binary.BigEndian.PutUint64(text[k.end+1:k.end+9], math.Float64bits(x))
}

// forget makes sh the shape of an empty map, to which add adds keys in order.
func (sh *shape) forget() {
	clear(sh.keys)
	sh.keys, sh.text = sh.keys[:0], sh.text[:0]
}

func (sh *shape) add(key string) error {
	b, err := appendKeyStr(sh.text, key)
	if err != nil {
		sh.forget()
		return err
	}
	sh.keys = append(sh.keys, shapeKey{key, len(b)})
	sh.text = append(b, codeFloat64, 0, 0, 0, 0, 0, 0, 0, 0)
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
