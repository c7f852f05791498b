package msgpack

import (
	"slices"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/walk"
)

// A Go map must be written in the order of its keys. Iterating over it and
// sorting the keys take more time than all other work. But the dicts of one
// message, and of the messages of one program, have few different sets of keys.
// A shape is such a set, sorted and encoded. If a map has the same number of
// entries as a shape, and all keys of the shape, then it has exactly these
// keys. This made encoding a nested map of floats two to three times as fast.
type shape struct {
	keys   []shapeKey
	text   []byte // the dict's header, then the encoded keys, each with a float after it
	floats bool   // all values of the last map were floats
	busy   bool   // a map around the current one is being written with it
}

// shapeKey is a key and the index in text at which it ends and the float
// begins. The string is the user's own: maps that were built in the same way
// share their key strings, so that a lookup need not compare the bytes. This
// saved a sixth of the time.
type shapeKey struct {
	name string
	end  uint32
}

// scratch is the memory for encoding maps.
type scratch struct {
	pairs  []pair // of the map being written, after those of the maps around it
	shapes [shapeCount]shape
}

// pair is an entry of a map that is being sorted. It includes the value, so
// that the value need not be looked up again.
type pair struct {
	key   string
	value any
}

const (
	shapeCount   = 32
	maxShape     = 256      // maximum number of entries of a remembered map
	maxShapeText = 64 << 10 // maximum length of its encoded keys, in bytes
	maxPairs     = 4096     // maximum number that the pool keeps, of 32 bytes each
)

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// release returns s to the pool. All its pairs must have been cleared.
func (s *scratch) release() {
	if cap(s.pairs) > maxPairs {
		s.pairs = nil
	}
	scratches.Put(s)
}

// shapeFor returns the slot for the shape that a map of n entries at this depth
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

// forget clears sh, so that no map matches it.
func (sh *shape) forget() {
	clear(sh.keys)
	sh.keys, sh.floats = sh.keys[:0], false
}

// remember sets sh to the shape of n sorted keys. It returns false if the keys
// are too long.
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

// appendKeyStr writes a string key of a user's dict.
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
